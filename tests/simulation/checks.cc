// Checks of memory, stores, and refusals.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "simulation/world.h"

namespace isocache::simulation {
namespace {

// The limit of copied replies, and one reply or one slice of a list beyond it. Buffers double.
constexpr std::size_t kMostOutputBytes = 64U << 10;
// One read, and the part of an unfinished request that is kept.
constexpr std::size_t kMostInputBytes = 64U << 10;
// Open segments, the reserve, and segments that are not worth compacting.
constexpr std::size_t kSpareSegments = 8;
constexpr std::size_t kChunkBytes = 16 * limits::kSegmentBytes;

}  // namespace

std::size_t World::pinned_segments(unsigned shard) const {
  std::set<std::uint32_t> pinned;
  for (const Client& client : clients_) {
    client.connection->output().for_each_pin([&](Pin pin) {
      if (pin.shard == shard) pinned.insert(pin.segment);
    });
  }
  return pinned.size();
}

ServerFigures World::look() {
  alone_ = true;
  ServerFigures server = backend_->figures(clock_.now_s);
  alone_ = false;
  return server;
}

// A store may be refused only if others really hold the memory for it. Its reply is read at the end
// of the turn. In between, others may have given back what they held, and a later command may have
// raised the limit.
void World::refused(KeyId key, std::size_t length, Interval turn) {
  journal_.note("a store is refused; bytes, key", kNobody, length, key);
  if (interrupted_at_ >= turn.begin || backend_->memory_limit() != limit_before_) return;
  if (backend_->administering()) return;  // the figures wait for its lock
  if (plan_.backend.tier) return;         // its pages are not seen
  if (backend_->late() != 0) return;      // what is held behind late replies is not seen
  const unsigned shard = backend_->shard_of(key_name(key));
  const ServerFigures server = look();
  const MemoryUse& memory = server.shards[shard].memory;
  const std::size_t bytes =
      memory_faults.failed_once ? std::min(memory.limit, memory.segment_bytes) : memory.limit;
  const std::size_t all = bytes / (limits::kSegmentBytes + 128);
  const std::size_t pinned = pinned_segments(shard);
  const std::size_t uploads = backend_->upload_segments(shard);
  const std::size_t tables = (memory.index_bytes + memory.ghost_bytes) / limits::kSegmentBytes;
  // Without eviction, stored items stay, and up to a quarter of each segment may be dead.
  const std::size_t stored =
      plan_.backend.evict ? 0 : memory.item_bytes / limits::kSegmentBytes * 4 / 3 + 8;
  // An append needs the old value and the new one.
  const std::size_t needed = 2 * (length / limits::kSegmentBytes + 2);
  if (tables + pinned + uploads + stored + needed + kSpareSegments > all) return;
  journal_.fail(fmt::format(
      "key {}: REFUSED: a store of {} bytes, though of shard {}'s {} segments replies hold {}, "
      "uploads {}, tables {}{}",
      key, length, shard, all, pinned, uploads, tables,
      plan_.backend.evict ? "" : fmt::format(", items {}", stored)));
}

// `surely`: the flush was executed. If it may not have been, a flush that waits may still come, and
// so may this one.
void World::flushed(const ClientRequest& request, Interval when, bool surely) {
  if (request.prefix != 0) {
    the_oracle_.flush_ends(request.version, when, surely);
    the_numbers_.all_may_be_reset(when);
    return;
  }
  const bool waits = request.delay_s != 0 && surely;
  if (surely) {
    waiting_flush_ = waits ? request.version : 0;
    waiting_flush_at_s_ = clock_.now_s + request.delay_s;
  }
  waiting_flush_surely_ = surely;
  if (waits) when = {kNever, kNever};
  if (request.delay_s != 0 && !surely) when.end = kNever;
  the_oracle_.flush_ends(request.version, when, surely && !waits);
  if (!waits) the_numbers_.all_may_be_reset(when);
}

// A number that fell is judged when no client is left whose reply may still say that the number was
// created anew before.
void World::check_numbers() {
  the_numbers_.judge([&](KeyId key) {
    return std::any_of(clients_.begin(), clients_.end(), [&](const Client& client) {
      const auto& requests = client.connection->replies().requests;
      return std::any_of(requests.begin(), requests.end(), [&](const ClientRequest& request) {
        return request.begun &&
               std::find(request.keys.begin(), request.keys.end(), key) != request.keys.end();
      });
    });
  });
}

void World::check_memory() {
  // What was held behind a late reply joins what is there already.
  const std::size_t most = plan_.output_limit + plan_.backend.max_item_bytes + 4096;
  const std::size_t most_output = plan_.backend.late != 0 || plan_.backend.tier ? 2 * most : most;
  for (const Client& client : clients_) {
    const Connection& connection = *client.connection;
    if (connection.output().capacity() > kMostOutputBytes) {
      journal_.fail(fmt::format("connection {}: MEMORY: {} bytes of replies are kept for it",
                                connection.id(), connection.output().capacity()));
    }
    if (connection.output().size() > most_output) {
      journal_.fail(fmt::format(
          "connection {}: MEMORY: {} bytes of replies wait for it, with an output limit of {}",
          connection.id(), connection.output().size(), plan_.output_limit));
    }
    if (connection.buffered() > kMostInputBytes) {
      journal_.fail(fmt::format("connection {}: MEMORY: {} bytes of input are kept for it",
                                connection.id(), connection.buffered()));
    }
  }
}

void World::check_stores() {
  const ServerFigures server = look();
  highest_limit_ = std::max(highest_limit_, server.sum.memory.limit);
  const std::size_t most = highest_limit_ + backend_->shard_count() * kChunkBytes;
  if (server.sum.memory.segment_bytes > most) {
    journal_.fail(fmt::format("MEMORY: the stores took {} bytes, their limit was never above {}",
                              server.sum.memory.segment_bytes, highest_limit_));
  }
  if (!plan_.backend.evict && server.sum.store.evictions != 0) {
    journal_.fail(fmt::format("EVICTED: {} items, with -M", server.sum.store.evictions));
  }
  alone_ = true;
  for (unsigned shard = 0; shard < backend_->shard_count(); ++shard) {
    if (const char* const broken = backend_->broken_invariant(shard)) {
      journal_.fail(fmt::format("shard {}: INVARIANT broken: {}", shard, broken));
    }
  }
  alone_ = false;
}

}  // namespace isocache::simulation
