// The C ABI of isocache.wasm, which src/engine/engine.ts calls: items. The rest of it is in
// exports_of_cache.cc and snapshot.cc. One module instance holds one cache.
//
// Arguments lie in the scratch area, behind one another. What a call hands back lies in wasm memory
// as one span or several (`result`), good until the next call. Times are unix seconds. Bad input
// and a lack of memory are error replies.
//
// Several items in the scratch area are records:
//
//   0        1                3
//   +--------+----------------+-----+-------+
//   | key    | value length   | key | value |
//   | length |                |     |       |
//   +--------+----------------+-----+-------+

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "base/inline.h"
#include "base/limits.h"
#include "cache.h"
#include "protocol/parser.h"
#include "protocol/replies.h"

namespace isocache {
namespace {

constexpr std::size_t kBatch = limits::kBatchRequests;
constexpr std::int32_t kMiss = -1;

// Reads records off the scratch area.
class Records {
 public:
  explicit Records(const char* at) : at_(at) {}
  std::string_view key;
  std::string_view value;
  void next() {
    const auto key_length = static_cast<std::uint8_t>(at_[0]);
    std::uint16_t value_length;
    std::memcpy(&value_length, at_ + 1, sizeof value_length);
    key = {at_ + 1 + sizeof value_length, key_length};
    value = {key.data() + key_length, value_length};
    at_ = value.data() + value_length;
  }

 private:
  const char* at_;
};

// What the key of a command has, for a caller who takes no part in loading: a lease is nothing to
// it, and it takes no right to load. True: `missed` is the answer. A lease makes way for a command
// that writes or removes.
bool misses_lease(const Request& request, Item item, std::string_view& missed) {
  if (!item || !LocalBackend::is_lease(item)) return false;
  const bool adds = request.verb == Verb::kStore && request.store.mode == StoreMode::kAdd;
  if (adds || request.verb == Verb::kDelete || request.flags.has_vivify) {
    cache->store.remove(item);
    return false;
  }
  missed = request.verb == Verb::kGet     ? "EN\r\n"
           : request.verb == Verb::kStore ? "NS\r\n"
                                          : "NF\r\n";
  return true;
}

// To bring an item back from the tier may move others, whose values are to be handed back.
bool is_cold(const Key& key, UnixSeconds now_s) {
  return cold_tier() != nullptr && cold_tier()->may_hold(key.hash) &&
         !cache->store.find(key, now_s).item;
}

Item find(const Request& request) {
  return cache->store.find(request.key, cache->clock.now_s).item;
}

void execute(Request& request) {
  Engine& engine = cache->backend.engine();
  const UnixSeconds now_s = cache->clock.now_s;
  const bool done = engine.execute(request, now_s, cache->replies);
  if (cold_tier() == nullptr || done || !engine.stopped_at_cold()) return;
  engine.execute_cold(request, nullptr, now_s, cache->replies, nullptr);
}

// The reply is handed back.
std::size_t execute_plainly(Request& request) {
  Item item = find(request);
  std::string_view missed;
  if (misses_lease(request, item, missed)) return cache->hand_back(missed);
  request.flags.may_win = false;
  execute(request);
  return cache->hand_back(cache->replies);
}

// A meta command by its second letter.
[[gnu::noinline]] void fill_in(Request& request, char letter, std::string_view key,
                               std::string_view flags, std::string_view value) {
  const char name[] = {'m', letter};
  KeyBuffer unused;  // nothing here is in base64
  make_request({name, sizeof name}, key, flags, value, unused, request);
  request.key.hash = cache->backend.hash(key);
  request.flags.binary_key = is_binary(key);
}

}  // namespace

// The value is handed back; its length, or -1.
ISOCACHE_EXPORT(get) std::int32_t export_get(std::size_t key_length, UnixSeconds now_s) {
  cache->begin(now_s);
  const Item item = cache->backend.get(cache->key_at(scratch, key_length), now_s);
  return item ? static_cast<std::int32_t>(cache->hand_back(item)) : kMiss;
}

// The values of `count` records' keys: a span for each. A miss has no address; one in pieces, or on
// the tier, has a length as well, and is to be asked for by itself.
ISOCACHE_EXPORT(get_many) void export_get_many(std::size_t count, UnixSeconds now_s) {
  cache->begin(now_s, static_cast<unsigned>(count));
  cache->spans.clear();
  cache->spans.resize(count);
  Records records(scratch);
  Key keys[kBatch];
  for (std::size_t from = 0; from < count; from += kBatch) {
    const std::size_t some = std::min(kBatch, count - from);
    for (std::size_t i = 0; i < some; ++i) {
      records.next();
      keys[i] = cache->key_at(records.key.data(), records.key.size());
      cache->store.prefetch_bucket(keys[i].hash);
    }
    for (std::size_t i = 0; i < some; ++i) cache->store.prefetch_item(keys[i].hash);
    for (std::size_t i = 0; i < some; ++i) {
      if (is_cold(keys[i], now_s)) {
        cache->spans[from + i].length = 1;
        continue;
      }
      const Item item = cache->backend.get(keys[i], now_s);
      if (!item) continue;
      const char* const address = item.chained() ? nullptr : item.contiguous_value().data();
      cache->spans[from + i] = {address, item.value_length()};
    }
  }
  cache->result = {{}, count, cache->spans.data()};
}

// One meta command: key, flags ("T60 c") and value in the scratch area. The reply is handed back. A
// capital letter is for callers who take no part in loading; all modes of `ms` but set are.
ISOCACHE_EXPORT(command)
std::size_t export_command(char letter, std::size_t key_length, std::size_t flags_length,
                           std::size_t value_length, UnixSeconds now_s) {
  cache->begin(now_s);
  cache->sent(cache->replies);
  const char* const flags = scratch + key_length;
  Request request;
  fill_in(request, static_cast<char>(letter | 0x20), {scratch, key_length}, {flags, flags_length},
          {flags + flags_length, value_length});
  const bool sets = request.verb != Verb::kStore || request.store.mode == StoreMode::kSet;
  if (letter < 'a' || !sets) return execute_plainly(request);
  execute(request);
  return cache->hand_back(cache->replies);
}

// The same command for `count` records, which follow the flags they share.
ISOCACHE_EXPORT(command_many)
std::size_t export_command_many(char letter, std::size_t flags_length, std::size_t count,
                                UnixSeconds now_s) {
  cache->begin(now_s, static_cast<unsigned>(count));
  cache->sent(cache->replies);
  Records records(scratch + flags_length);
  while (count > 0) {
    Request requests[kBatch];
    const std::size_t some = std::min(kBatch, count);
    for (std::size_t i = 0; i < some; ++i) {
      records.next();
      fill_in(requests[i], letter, records.key, {scratch, flags_length}, records.value);
      std::string_view missed;  // none: a lease makes way for a delete
      if (letter == 'd') misses_lease(requests[i], find(requests[i]), missed);
    }
    const std::span<Request> batch(requests, some);
    if (cold_tier() == nullptr) {
      cache->backend.engine().execute(batch, now_s, cache->replies);
    } else {
      cache->backend.execute(batch, now_s, cache->replies, nullptr);
    }
    count -= some;
  }
  return cache->hand_back(cache->replies);
}

// An `ms` whose value the host puts straight into item memory. A window for its first bytes is
// handed back; none: it was refused, and large_done() gives the reply. The scratch area is to be
// left alone until then.
ISOCACHE_EXPORT(large_begin)
ISOCACHE_RARE std::size_t export_large_begin(std::size_t key_length, std::size_t flags_length,
                                             std::size_t value_length, UnixSeconds now_s) {
  cache->begin(now_s);
  cache->sent(cache->replies);
  LargeValue& large = cache->large.emplace();
  Request& request = large.request;
  fill_in(request, 's', {scratch, key_length}, {scratch + key_length, flags_length}, {});
  if (request.verb != Verb::kStore) {  // the flags are wrong
    large.refusal = request.reply.text;
    return 0;
  }
  request.store.value_length = value_length;
  if (request.store.mode != StoreMode::kSet &&
      misses_lease(request, find(request), large.refusal)) {
    return 0;
  }
  const PutStatus status = cache->backend.begin_upload(request, now_s, &large.upload);
  if (status != PutStatus::kStored) {
    large.refusal = status == PutStatus::kTooLarge ? reply::kTooLarge : reply::kNoMemoryStoring;
    return 0;
  }
  return cache->hand_back_window();
}

// The window was filled. The next one is handed back; none: that was all, or memory ran out.
ISOCACHE_EXPORT(large_filled) ISOCACHE_RARE std::size_t export_large_filled(std::size_t bytes) {
  cache->store.upload_received(cache->large->upload, bytes);
  return cache->hand_back_window();
}

// Stores it. The reply is handed back.
ISOCACHE_EXPORT(large_done) ISOCACHE_RARE std::size_t export_large_done(UnixSeconds now_s) {
  LargeValue& large = *cache->large;
  const Key key = large.request.key;
  if (!large.refusal.empty()) return cache->hand_back(large.refusal);
  if (large.upload.remaining !=
      0) {  // memory ran out on the way: as for a set that fails, the old value goes
    cache->store.abort_upload(large.upload);
    if (const Item old = cache->store.find(key, now_s).item) cache->store.remove(old);
    if (cold_tier() != nullptr) cold_tier()->forget(key.hash);
    return cache->hand_back(reply::kNoMemoryStoring);
  }
  if (cold_tier() == nullptr) {
    cache->backend.engine().finish_upload(large.request, large.upload, now_s, cache->replies);
  } else {
    cache->backend.finish_upload(large.request, large.upload, now_s, cache->replies, nullptr);
  }
  return cache->hand_back(cache->replies);
}

}  // namespace isocache
