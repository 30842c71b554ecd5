#include "native/shards/sharded_watch.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "native/base/current_turn.h"

namespace isocache {
namespace {

std::uint64_t unix_us() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

WatchOptions hub_options(unsigned shards, const ShardedWatch::Options& options) {
  WatchOptions hub;
  hub.shards = shards + 1;  // and the host's own buffer
  hub.buffer_bytes = std::min(options.buffer_bytes, ShardedWatch::kMostBufferBytes / hub.shards);
  hub.queue_bytes = options.queue_bytes;
  return hub;
}

}  // namespace

ShardedWatch::ShardedWatch(unsigned shards, const Options& options, Exchange exchange)
    : shards_(shards),
      exchange_(std::move(exchange)),
      on_begin_(options.on_begin),
      hub_(hub_options(shards, options), *this, *this) {}

WatchPort::Joined ShardedWatch::join(StreamSet streams, Waker* waker, WatcherId* id) {
  const std::lock_guard lock(mutex_);
  const Joined joined = hub_.join(streams, waker, id);
  note_wanted();
  if (joined == Joined::kYes && hub_.count() == 1 && on_begin_) on_begin_();
  return joined;
}

bool ShardedWatch::take(WatcherId id, Output& out) {
  const std::lock_guard lock(mutex_);
  return hub_.take(id, out);
}

void ShardedWatch::leave(WatcherId id) {
  const std::lock_guard lock(mutex_);
  hub_.leave(id);
  note_wanted();
}

bool ShardedWatch::deliver() {
  if (!watched_.load(std::memory_order_relaxed)) return false;
  const std::lock_guard lock(mutex_);
  return hub_.deliver();
}

void ShardedWatch::note_wanted() {
  watched_.store(hub_.count() != 0, std::memory_order_relaxed);
  watches_connections_.store(hub_.wanted().has(WatchStream::kConnections),
                             std::memory_order_relaxed);
}

void ShardedWatch::note(const Event& event, std::string_view address) {
  const std::lock_guard lock(host_mutex_);
  if (host_events_ != nullptr) host_events_->write(event, address);
}

WatchFigures ShardedWatch::figures() const {
  const std::lock_guard lock(mutex_);
  return hub_.figures();
}

std::size_t ShardedWatch::count() const {
  const std::lock_guard lock(mutex_);
  return hub_.count();
}

std::unique_ptr<EventBuffer> ShardedWatch::exchange(unsigned shard,
                                                    std::unique_ptr<EventBuffer> next) {
  if (shard != shards_) return exchange_(shard, std::move(next));
  const std::lock_guard lock(host_mutex_);
  return std::exchange(host_events_, std::move(next));
}

// The clock is read once a turn: that costs as much as all the rest.
void ShardedWatch::stamp(Event& event) {
  CurrentTurn& turn = current_turn;
  if (turn.at_us == 0) turn.at_us = unix_us();
  event.id = last_id_.fetch_add(1, std::memory_order_relaxed) + 1;
  event.at_us = turn.at_us;
  if (event.client == 0) event.client = turn.client;
}

}  // namespace isocache
