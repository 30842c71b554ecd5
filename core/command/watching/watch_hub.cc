#include "command/watching/watch_hub.h"

#include <algorithm>
#include <utility>

namespace isocache {

WatchHub::WatchHub(const WatchOptions& options, WatchedShards& shards, EventStamps& stamps)
    : options_(options),
      shards_(shards),
      stamps_(stamps),
      watchers_(options.queue_bytes, options.shards) {
  spare_.reserve(options.shards);
}

WatchPort::Joined WatchHub::join(StreamSet streams, Waker* waker, WatcherId* id) {
  if (spare_.empty() && !open()) return Joined::kNoMemory;
  deliver();  // what happened before is not for the new one
  const Joined joined = watchers_.join(streams, waker, id);
  if (watchers_.count() == 0) {
    close();
  } else {
    deliver();  // from now on the shards write what it wants
  }
  return joined;
}

void WatchHub::leave(WatcherId id) {
  watchers_.leave(id);
  if (watchers_.count() == 0) close();
}

bool WatchHub::deliver() {
  if (spare_.empty()) return false;
  const StreamSet wanted = watchers_.wanted();
  for (unsigned shard = 0; shard < options_.shards; ++shard) {
    spare_[shard]->wanted = wanted;
    spare_[shard] = shards_.exchange(shard, std::move(spare_[shard]));
  }
  watchers_.deliver(spare_);
  return true;
}

bool WatchHub::open() {
  const std::size_t bytes = std::max(options_.buffer_bytes, kMinBufferBytes);
  std::vector<std::unique_ptr<EventBuffer>> first;
  first.reserve(options_.shards);
  for (unsigned shard = 0; shard < options_.shards; ++shard) {
    first.push_back(EventBuffer::make(bytes, stamps_));
    spare_.push_back(EventBuffer::make(bytes, stamps_));
    if (first.back() != nullptr && spare_.back() != nullptr) continue;
    spare_.clear();
    return false;
  }
  for (unsigned shard = 0; shard < options_.shards; ++shard) {
    shards_.exchange(shard, std::move(first[shard]));
  }
  return true;
}

void WatchHub::close() {
  for (unsigned shard = 0; shard < spare_.size(); ++shard) shards_.exchange(shard, nullptr);
  spare_.clear();
}

}  // namespace isocache
