// What one shard has to tell until somebody writes it as lines: a bounded buffer, written under the
// shard's lock. The host exchanges it for an empty one now and then, and reads the full one without
// the lock. If it is full, events are dropped and counted. So a watcher never slows a request for
// longer than a copy of its key takes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "watch/event.h"
#include "watch/stream.h"

namespace isocache {

class EventBuffer {
 public:
  // Null: there is no memory. REQUIRES: `stamps` outlives it.
  static std::unique_ptr<EventBuffer> make(std::size_t bytes, EventStamps& stamps);

  // Events of other streams are not wanted.
  StreamSet wanted;
  bool wants(WatchStream stream) const { return wanted.has(stream); }

  // Whether an event with such a text would find room.
  bool has_room(std::size_t text_bytes) const {
    return capacity_ - used_ >= sizeof(Event) + text_bytes;
  }
  // Stamps the event, and keeps it with its text. Does nothing if nobody wants it.
  // REQUIRES: text.size() <= 255.
  void write(Event event, std::string_view text);
  // The same for an event that would find no room.
  void drop(WatchStream stream) {
    if (wants(stream)) ++dropped_[static_cast<std::size_t>(stream)];
  }

  // Each event in turn; at(offset) REQUIRES offset < used().
  struct Entry {
    Event event;
    std::string_view text;
    std::size_t next = 0;  // the offset of the next one
  };
  std::size_t used() const { return used_; }
  Entry at(std::size_t offset) const;
  std::uint64_t written() const { return written_; }
  // How many found no room.
  std::uint64_t dropped(WatchStream stream) const {
    return dropped_[static_cast<std::size_t>(stream)];
  }
  // Forgets what was counted, and keeps the events.
  void clear_counts();
  void clear() {
    used_ = 0;
    clear_counts();
  }

 private:
  EventBuffer(std::unique_ptr<char[]> bytes, std::size_t capacity, EventStamps& stamps)
      : stamps_(stamps), bytes_(std::move(bytes)), capacity_(capacity) {}

  EventStamps& stamps_;
  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_;
  std::size_t used_ = 0;
  std::uint64_t written_ = 0;
  std::array<std::uint64_t, kWatchStreams> dropped_ = {};
};

}  // namespace isocache
