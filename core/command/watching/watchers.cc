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

Watchers::Watchers(std::size_t queue_bytes) : queue_bytes_(std::max(queue_bytes, kMinQueueBytes)) {}

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

void Watchers::deliver(std::span<Source> sources, std::uint64_t last_id) {
  merge(sources, last_id);
  for (const auto& watcher : watchers_) {
    if (watcher == nullptr) continue;
    // One that is behind is told when there is room for a line again, the others at once.
    if (watcher->lines.empty()) watcher->lines.tell_skipped();
    if (watcher->lines.empty() || std::exchange(watcher->told, true)) continue;
    if (watcher->waker != nullptr) watcher->waker->wake(kStreamToken);
  }
}

// The sources that still have something are a heap, with the next event at its top.
void Watchers::merge(std::span<Source> sources, std::uint64_t last_id) {
  const auto has_more = [last_id](Source& source) {
    if (source.offset == source.buffer->used()) return false;
    source.next_id = source.buffer->at(source.offset).event.id;
    return source.next_id <= last_id;
  };
  auto end = std::partition(sources.begin(), sources.end(), has_more);
  std::make_heap(sources.begin(), end);
  while (end != sources.begin()) {
    std::pop_heap(sources.begin(), end);
    Source& source = *(end - 1);
    const EventBuffer::Entry entry = source.buffer->at(source.offset);
    write(entry);
    source.offset = entry.next;
    if (has_more(source)) {
      std::push_heap(sources.begin(), end);
    } else {
      --end;
    }
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
void Watchers::count(EventBuffer& buffer) {
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
  buffer.clear_counts();
}

}  // namespace isocache
