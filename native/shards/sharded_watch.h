// The server's watchers: a WatchHub behind a lock of its own.
//
// Locks: this one is taken before a shard's, and before an inbox's. Shards write their events under
// their own locks; connections that come and go have a buffer with a lock of its own, which is
// taken only if somebody watches them.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>

#include "command/watching/watch_hub.h"
#include "watch/event.h"
#include "watch/event_buffer.h"

namespace isocache {

class ShardedWatch : public WatchPort, private WatchedShards, private EventStamps {
 public:
  // As WatchedShards::exchange(), for the shards of the backend; takes the shard's lock.
  using Exchange =
      std::function<std::unique_ptr<EventBuffer>(unsigned, std::unique_ptr<EventBuffer>)>;
  struct Options {
    std::size_t buffer_bytes;        // of each shard, as long as all of them take kMostBufferBytes
    std::size_t queue_bytes;         // of each watcher
    std::function<void()> on_begin;  // deliver() is wanted soon; any thread calls it
  };
  static constexpr std::size_t kMostBufferBytes = 5U << 20;

  ShardedWatch(unsigned shards, const Options& options, Exchange exchange);

  // WatchPort: any thread.
  Joined join(StreamSet streams, Waker* waker, WatcherId* id) override;
  bool take(WatcherId id, Output& out) override;
  void leave(WatcherId id) override;

  // One thread calls it every few milliseconds while it returns true, and after on_begin.
  bool deliver();

  // Somebody watches connections come and go: note() is worth while.
  bool watches_connections() const { return watches_connections_.load(std::memory_order_relaxed); }
  // A connection came or went. Any thread.
  void note(const Event& event, std::string_view address);

  WatchFigures figures() const;
  std::size_t count() const;

 private:
  std::unique_ptr<EventBuffer> exchange(unsigned shard, std::unique_ptr<EventBuffer> next) override;
  void stamp(Event& event) override;
  std::uint64_t last_id() const override { return last_id_.load(std::memory_order_acquire); }
  void note_wanted();

  const unsigned shards_;
  const Exchange exchange_;
  const std::function<void()> on_begin_;
  std::atomic<std::uint64_t> last_id_{0};
  std::atomic<bool> watched_{false};
  std::atomic<bool> watches_connections_{false};
  std::mutex host_mutex_;
  std::unique_ptr<EventBuffer> host_events_;  // under host_mutex_
  mutable std::mutex mutex_;
  WatchHub hub_;  // under mutex_
};

}  // namespace isocache
