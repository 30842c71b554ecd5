#include "watch/event_buffer.h"

#include <cstring>
#include <new>
#include <utility>

namespace isocache {

std::unique_ptr<EventBuffer> EventBuffer::make(std::size_t bytes, EventStamps& stamps) {
  std::unique_ptr<char[]> room(new (std::nothrow) char[bytes]);
  if (room == nullptr) return nullptr;
  return std::unique_ptr<EventBuffer>(new (std::nothrow)
                                          EventBuffer(std::move(room), bytes, stamps));
}

void EventBuffer::write(Event event, std::string_view text) {
  const WatchStream stream = stream_of(event.type);
  if (!wants(stream)) return;
  if (!has_room(text.size())) return drop(stream);
  ++written_;
  stamps_.stamp(event);
  event.text_bytes = static_cast<std::uint8_t>(text.size());
  std::memcpy(bytes_.get() + used_, &event, sizeof(Event));
  used_ += sizeof(Event);
  if (!text.empty()) std::memcpy(bytes_.get() + used_, text.data(), text.size());
  used_ += text.size();
}

EventBuffer::Entry EventBuffer::at(std::size_t offset) const {
  Entry entry;
  std::memcpy(&entry.event, bytes_.get() + offset, sizeof(Event));
  entry.text = {bytes_.get() + offset + sizeof(Event), entry.event.text_bytes};
  entry.next = offset + sizeof(Event) + entry.text.size();
  return entry;
}

void EventBuffer::clear_counts() {
  written_ = 0;
  dropped_ = {};
}

}  // namespace isocache
