#include "command/watching/watchers.h"

#include <algorithm>
#include <new>
#include <string_view>
#include <utility>

#include "base/check.h"

namespace isocache {
namespace {

constexpr std::size_t kSliceBytes = 16U << 10;

}  // namespace

Watchers::Watchers(std::size_t queue_bytes, std::size_t most_buffers)
    : queue_bytes_(std::max(queue_bytes, kMinQueueBytes)) {
  places_.reserve(most_buffers);
}

WatchPort::Joined Watchers::join(StreamSet streams, Waker* waker, WatcherId* id) {
  const auto free = std::find(watchers_.begin(), watchers_.end(), nullptr);
  if (free == watchers_.end()) return Joined::kTooMany;
  std::unique_ptr<Watcher> watcher(new (std::nothrow) Watcher);
  if (watcher == nullptr || !watcher->lines.open(queue_bytes_)) return Joined::kNoMemory;
  watcher->id = *id = ++last_id_;
  watcher->streams = streams;
  watcher->waker = waker;
  *free = std::move(watcher);
  ++count_;
  return Joined::kYes;
}

void Watchers::leave(WatcherId id) {
  const auto one = std::find_if(watchers_.begin(), watchers_.end(), [id](const auto& watcher) {
    return watcher != nullptr && watcher->id == id;
  });
  if (one == watchers_.end()) return;
  one->reset();
  --count_;
}

Watchers::Watcher* Watchers::find(WatcherId id) const {
  for (const auto& watcher : watchers_) {
    if (watcher != nullptr && watcher->id == id) return watcher.get();
  }
  return nullptr;
}

bool Watchers::take(WatcherId id, Output& out) {
  Watcher* const watcher = find(id);
  check(watcher != nullptr);
  LineQueue& lines = watcher->lines;
  std::size_t left = kSliceBytes;
  while (left != 0 && !lines.empty()) {
    const std::string_view piece = lines.front().substr(0, left);
    out.append(piece);
    lines.pop(piece.size());
    left -= piece.size();
  }
  watcher->told = !lines.empty();
  return watcher->told;
}

StreamSet Watchers::wanted() const {
  StreamSet all;
  for (const auto& watcher : watchers_) {
    if (watcher != nullptr) all.add(watcher->streams);
  }
  return all;
}

void Watchers::deliver(std::span<const std::unique_ptr<EventBuffer>> buffers) {
  merge(buffers);
  for (const auto& buffer : buffers) {
    if (buffer == nullptr) continue;
    note_dropped(*buffer);
    buffer->clear();
  }
  for (const auto& watcher : watchers_) {
    if (watcher == nullptr) continue;
    // One that is behind is told when there is room for a line again, the others at once.
    if (watcher->lines.empty()) watcher->lines.tell_skipped();
    if (watcher->lines.empty() || std::exchange(watcher->told, true)) continue;
    if (watcher->waker != nullptr) watcher->waker->wake(kStreamToken);
  }
}

void Watchers::merge(std::span<const std::unique_ptr<EventBuffer>> buffers) {
  const auto id_at = [](const EventBuffer& buffer, std::size_t offset) {
    return buffer.at(offset).event.id;
  };
  places_.clear();
  for (const auto& buffer : buffers) {
    if (buffer == nullptr || buffer->used() == 0) continue;
    places_.push_back({id_at(*buffer, 0), buffer.get(), 0});
  }
  std::make_heap(places_.begin(), places_.end());
  while (!places_.empty()) {
    std::pop_heap(places_.begin(), places_.end());
    Place& place = places_.back();
    const EventBuffer::Entry entry = place.buffer->at(place.offset);
    write(entry);
    if (entry.next == place.buffer->used()) {
      places_.pop_back();
      continue;
    }
    place.offset = entry.next;
    place.id = id_at(*place.buffer, place.offset);
    std::push_heap(places_.begin(), places_.end());
  }
}

// The line is made when the first watcher has room for it.
void Watchers::write(const EventBuffer::Entry& entry) {
  char line[kMaxEventLineBytes];
  std::size_t length = 0;
  const WatchStream stream = stream_of(entry.event.type);
  for (const auto& watcher : watchers_) {
    if (watcher == nullptr || !watcher->streams.has(stream)) continue;
    const bool has_room = watcher->lines.has_room(length == 0 ? kMaxEventLineBytes : length);
    if (!has_room) {
      watcher->lines.skip(1);
      ++figures_.skipped;
      continue;
    }
    if (length == 0) length = write_event_line(entry.event, entry.text, line);
    watcher->lines.push({line, length});
    ++figures_.sent;
  }
}

// What found no room in a shard's buffer is missing for everybody who wanted it.
void Watchers::note_dropped(const EventBuffer& buffer) {
  figures_.written += buffer.written();
  for (std::size_t index = 0; index < kWatchStreams; ++index) {
    const auto stream = static_cast<WatchStream>(index);
    const std::uint64_t dropped = buffer.dropped(stream);
    if (dropped == 0) continue;
    figures_.dropped += dropped;
    for (const auto& watcher : watchers_) {
      if (watcher != nullptr && watcher->streams.has(stream)) watcher->lines.skip(dropped);
    }
  }
}

}  // namespace isocache
