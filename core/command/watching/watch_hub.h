// Watches some shards: gives them buffers for their events while somebody watches, and takes them
// back. Nothing here locks: a host with several threads holds a lock of its own around every call,
// and exchange() takes the shard's.
//
//   join()     the first watcher: each shard gets a buffer
//   deliver()  every few milliseconds: exchanges each shard's buffer for an empty one, and writes
//              lines to the watchers' queues. What happens meanwhile waits for the next time, so
//              that the lines of all shards come in order
//   leave()    the last watcher: the shards' buffers go
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "command/watching/watch_port.h"
#include "command/watching/watchers.h"
#include "watch/event_buffer.h"

namespace isocache {

class WatchedShards {
 public:
  virtual ~WatchedShards() = default;
  // Gives the shard that buffer, and returns the one that it had. Null: none. See
  // Engine::exchange_events().
  virtual std::unique_ptr<EventBuffer> exchange(unsigned shard,
                                                std::unique_ptr<EventBuffer> next) = 0;
};

struct WatchOptions {
  unsigned shards = 1;
  std::size_t buffer_bytes = 64U << 10;  // of each shard; it has three
  std::size_t queue_bytes = 256U << 10;  // of each watcher
};

class WatchHub : public WatchPort {
 public:
  // REQUIRES: `shards` and `stamps` outlive it.
  WatchHub(const WatchOptions& options, WatchedShards& shards, EventStamps& stamps);

  // WatchPort
  Joined join(StreamSet streams, Waker* waker, WatcherId* id) override;
  bool take(WatcherId id, Output& out) override { return watchers_.take(id, out); }
  void leave(WatcherId id) override;

  // True while somebody watches: call it again soon.
  bool deliver();
  std::size_t count() const { return watchers_.count(); }
  StreamSet wanted() const { return watchers_.wanted(); }
  const WatchFigures& figures() const { return watchers_.figures(); }

  static constexpr std::size_t kMinBufferBytes = 4096;

 private:
  // The buffers of a shard that it does not have at the moment.
  struct Slot {
    std::unique_ptr<EventBuffer> spare;    // empty
    std::unique_ptr<EventBuffer> pending;  // delivered up to `delivered`
    std::size_t delivered = 0;
  };

  bool open();
  void close();

  const WatchOptions options_;
  WatchedShards& shards_;
  EventStamps& stamps_;
  Watchers watchers_;
  std::vector<Slot> slots_;  // one for each shard; empty: nobody watches
  std::vector<Watchers::Source> sources_;
};

}  // namespace isocache
