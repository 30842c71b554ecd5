// The C ABI's calls about the whole cache, and about connections to it; see exports.cc.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/inline.h"
#include "base/limits.h"
#include "cache.h"
#include "session/session.h"

namespace isocache {
namespace {

// One feed() executes until there are this many bytes of replies: at most one item more is handed
// back, however many large values a pipeline asks for.
constexpr std::size_t kGatheredBytes = 128U << 10U;
constexpr SessionOptions kSessionOptions{limits::kBatchRequests, {kGatheredBytes, kGatheredBytes}};

}  // namespace

// --- opening
// ------------------------------------------------------------------------------------

ISOCACHE_EXPORT(scratch) char* export_scratch() { return scratch; }
ISOCACHE_EXPORT(scratch_size) std::size_t export_scratch_size() { return kScratchBytes; }

// Where the result will be; 0: there is not even the memory for an empty store.
ISOCACHE_EXPORT(open)
ISOCACHE_RARE const Result* export_open(std::size_t max_bytes, std::size_t max_item_bytes,
                                        std::uint32_t key_0, std::uint32_t key_1,
                                        std::uint32_t key_2, std::uint32_t key_3, bool observe,
                                        UnixSeconds now_s) {
  // An empty store: a few bytes for each segment it may have, and the first ones.
  constexpr std::size_t kBytesOfSegment = 128;
  constexpr std::size_t kFirstBytes = 2U << 20U;
  if (!can_allocate(max_bytes / limits::kSegmentBytes * kBytesOfSegment + kFirstBytes)) {
    return nullptr;
  }
  cache = std::make_unique<Cache>(Cache::Limits{max_bytes, max_item_bytes},
                                  hash_key(key_0, key_1, key_2, key_3), observe, now_s);
  return &cache->result;
}

// --- the whole cache
// ------------------------------------------------------------------------------

ISOCACHE_EXPORT(clear) ISOCACHE_RARE void export_clear(UnixSeconds now_s) {
  cache->begin(now_s);
  cache->backend.flush_at(now_s, now_s);
}

// Doubles, for JavaScript's sake. Items that clear() hid do not count, expired ones do until they
// are met. An item that was brought back from the tier counts twice until it changes.
ISOCACHE_EXPORT(size) double export_size() {
  std::uint64_t items = cache->store.item_count();
  items -= std::min(items, cache->store.flushed_item_count());
  if (cold_tier() != nullptr) items += cold_tier()->figures().records;
  return static_cast<double>(items);
}

// Of the limit, what items and index take.
ISOCACHE_EXPORT(bytes) double export_bytes() {
  const MemoryUse use = cache->store.memory_use();
  return static_cast<double>(use.item_bytes) + static_cast<double>(use.index_bytes) +
         static_cast<double>(use.ghost_bytes);
}

// --- connections
// ----------------------------------------------------------------------------------

// 0: no memory for it.
ISOCACHE_EXPORT(connect) ISOCACHE_RARE Session* export_connect() {
  if (!can_allocate(kReserveBytes / 2)) return nullptr;
  return new Session(cache->backend, cache->clock, kSessionOptions);
}

ISOCACHE_EXPORT(disconnect) ISOCACHE_RARE void export_disconnect(Session* session) {
  cache->backend.drop(session->output());
  delete session;
}

// Takes `length` bytes from the scratch area; 0: goes on with what is kept. The replies so far are
// handed back; take them, then call sent(). -1: there is no memory to go on, and the connection
// must end.
ISOCACHE_EXPORT(feed)
std::int32_t export_feed(Session* session, std::size_t length, UnixSeconds now_s) {
  // An unfinished command may double its buffer, replies theirs.
  const std::size_t needed = 2 * (session->buffered() + length) + 3 * kGatheredBytes;
  if (!can_allocate(needed + kReserveBytes / 2)) return -1;
  cache->begin(now_s);
  if (length == 0) {
    session->resume();
  } else {
    session->feed({scratch, length});
  }
  while (session->wants_turn() && !session->output().full()) session->resume();
  return static_cast<std::int32_t>(cache->hand_back(session->output()));
}

// Says how the session stands.
ISOCACHE_EXPORT(sent) std::uint32_t export_sent(Session* session) {
  enum State : std::uint32_t { kClosing = 1, kWantsTurn = 2, kUnfinished = 4 };
  cache->sent(session->output());
  // A request that waits for memory waits for what sent() has just released.
  const bool wants_turn = session->wants_turn() || session->waiting();
  return (session->closing() ? kClosing : 0U) | (wants_turn ? kWantsTurn : 0U) |
         (session->midway() ? kUnfinished : 0U);
}

}  // namespace isocache
