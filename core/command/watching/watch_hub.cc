#include "command/watching/watch_hub.h"

#include <algorithm>
#include <utility>

namespace isocache {

WatchHub::WatchHub(const WatchOptions& options, WatchedShards& shards, EventStamps& stamps)
    : options_(options), shards_(shards), stamps_(stamps), watchers_(options.queue_bytes) {
  slots_.reserve(options.shards);
  sources_.reserve(2 * std::size_t{options.shards});
}

WatchPort::Joined WatchHub::join(StreamSet streams, Waker* waker, WatcherId* id) {
  if (slots_.empty() && !open()) return Joined::kNoMemory;
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
  if (slots_.empty()) return false;
  const StreamSet wanted = watchers_.wanted();
  const std::uint64_t last_id = stamps_.last_id();
  sources_.clear();
  for (unsigned shard = 0; shard < slots_.size(); ++shard) {
    Slot& slot = slots_[shard];
    slot.spare->wanted = wanted;
    slot.spare = shards_.exchange(shard, std::move(slot.spare));
    sources_.push_back({slot.pending.get(), slot.delivered, shard});
    sources_.push_back({slot.spare.get(), 0, shard});
  }
  watchers_.deliver(sources_, last_id);
  // Everything that was pending was older. What has just come may go beyond last_id.
  for (const Watchers::Source& source : sources_) {
    Slot& slot = slots_[source.shard];
    if (source.buffer == slot.spare.get()) slot.delivered = source.offset;
  }
  for (Slot& slot : slots_) {
    watchers_.count(*slot.spare);
    slot.pending->clear();
    std::swap(slot.spare, slot.pending);
  }
  return true;
}

bool WatchHub::open() {
  const std::size_t bytes = std::max(options_.buffer_bytes, kMinBufferBytes);
  std::vector<std::unique_ptr<EventBuffer>> first;
  first.reserve(options_.shards);
  for (unsigned shard = 0; shard < options_.shards; ++shard) {
    first.push_back(EventBuffer::make(bytes, stamps_));
    slots_.push_back({EventBuffer::make(bytes, stamps_), EventBuffer::make(bytes, stamps_)});
    const Slot& slot = slots_.back();
    if (first.back() && slot.spare && slot.pending) continue;
    slots_.clear();
    return false;
  }
  for (unsigned shard = 0; shard < options_.shards; ++shard) {
    shards_.exchange(shard, std::move(first[shard]));
  }
  return true;
}

void WatchHub::close() {
  for (unsigned shard = 0; shard < slots_.size(); ++shard) shards_.exchange(shard, nullptr);
  slots_.clear();
}

}  // namespace isocache
