// Those who watch, and what each of them has still to read. Events come from the shards' buffers,
// become lines, and the lines go to the queues of all who asked for their stream:
//
//   EventBuffer of each shard --deliver()--> LineQueue of each watcher --take()--> Output
//
// Watchers never wait for each other: one that does not read loses lines, and is told how many.
// Nothing here locks; see WatchPort.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "command/late.h"
#include "command/watching/watch_port.h"
#include "protocol/output.h"
#include "watch/event_buffer.h"
#include "watch/line.h"
#include "watch/line_queue.h"
#include "watch/stream.h"

namespace isocache {

// As memcached counts them.
struct WatchFigures {
  std::uint64_t written = 0;  // events that found room in a buffer
  std::uint64_t dropped = 0;  // events that did not
  std::uint64_t sent = 0;     // lines put into a queue
  std::uint64_t skipped = 0;  // lines that found no room in one
};

class Watchers {
 public:
  using Joined = WatchPort::Joined;
  static constexpr std::size_t kMost = 20;  // as in memcached
  static constexpr std::size_t kMinQueueBytes = 2 * kMaxEventLineBytes;

  // Each watcher's queue has so many bytes, but at least kMinQueueBytes.
  explicit Watchers(std::size_t queue_bytes);

  Joined join(StreamSet streams, Waker* waker, WatcherId* id);
  void leave(WatcherId id);
  // REQUIRES: `id` has joined and not left.
  bool take(WatcherId id, Output& out);

  std::size_t count() const { return count_; }
  // All streams that somebody asked for.
  StreamSet wanted() const;

  // Where a delivery is in a buffer.
  struct Source {
    const EventBuffer* buffer;
    std::size_t offset;
    unsigned shard;
    std::uint64_t next_id = 0;  // set by deliver()
    bool operator<(const Source& other) const { return next_id > other.next_id; }  // for a heap
  };
  // Writes the events up to `last_id` to the queues, in the order of their ids, and wakes those who
  // have something to read. Moves the sources' offsets, and changes their order. REQUIRES: the
  // events of one source are in that order.
  void deliver(std::span<Source> sources, std::uint64_t last_id);
  // Counts what was written to a buffer and what found no room, once.
  void count(EventBuffer& buffer);

  const WatchFigures& figures() const { return figures_; }

 private:
  struct Watcher {
    WatcherId id = 0;
    StreamSet streams;
    Waker* waker = nullptr;
    bool told = false;  // it was woken, and has not read everything since
    LineQueue lines;
  };
  Watcher* find(WatcherId id) const;
  void merge(std::span<Source> sources, std::uint64_t last_id);
  void write(const EventBuffer::Entry& entry);

  const std::size_t queue_bytes_;
  std::array<std::unique_ptr<Watcher>, kMost> watchers_;
  std::size_t count_ = 0;
  WatcherId last_id_ = 0;
  WatchFigures figures_;
};

}  // namespace isocache
