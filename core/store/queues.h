// Segments in order: the small and the main queue of each size band, and lists of the segments that
// are worth compacting.
#pragma once

#include <cstddef>
#include <cstdint>

#include "store/heap.h"

namespace isocache {

enum class QueueKind : std::uint8_t { kSmall, kMain };

// First in, first out. It also holds the segment that a stream appends to, at or near the tail.
class SegmentQueue {
 public:
  SegmentId head() const { return head_; }
  std::size_t size() const { return size_; }

  void push(Heap& heap, SegmentId id) {
    Segment& segment = heap.segment(id);
    segment.previous = tail_;
    segment.next = 0;
    (tail_ != 0 ? heap.segment(tail_).next : head_) = id;
    tail_ = id;
    ++size_;
  }
  void remove(Heap& heap, SegmentId id) {
    Segment& segment = heap.segment(id);
    (segment.previous != 0 ? heap.segment(segment.previous).next : head_) = segment.next;
    (segment.next != 0 ? heap.segment(segment.next).previous : tail_) = segment.previous;
    segment.next = segment.previous = 0;
    --size_;
  }

 private:
  SegmentId head_ = 0;
  SegmentId tail_ = 0;
  std::size_t size_ = 0;
};

// Closed segments that nobody holds, by how many eighths of them are dead; from one eighth on.
class DeadLists {
 public:
  static constexpr unsigned kLevels = 8;

  // Puts the segment into the list of its level. Call when its dead bytes changed.
  void update(Heap& heap, SegmentId id) {
    Segment& segment = heap.segment(id);
    const std::uint8_t wanted = level_of(segment);
    if (wanted == segment.dead_level) return;
    remove(heap, id);
    if (wanted != 0) insert(heap, id, wanted);
  }
  void remove(Heap& heap, SegmentId id) {
    Segment& segment = heap.segment(id);
    if (segment.dead_level == 0) return;
    SegmentId& head = heads_[segment.dead_level];
    (segment.dead_previous != 0 ? heap.segment(segment.dead_previous).dead_next : head) =
        segment.dead_next;
    if (segment.dead_next != 0) {
      heap.segment(segment.dead_next).dead_previous = segment.dead_previous;
    }
    segment.dead_next = segment.dead_previous = 0;
    segment.dead_level = 0;
  }
  SegmentId head(unsigned level) const { return heads_[level]; }
  // Which list the segment belongs to. 0: none.
  static std::uint8_t level_of(const Segment& segment) {
    if (segment.open || segment.held()) return 0;
    return static_cast<std::uint8_t>(segment.dead() / (limits::kSegmentBytes / kLevels));
  }
  // The deadest segment. 0: in none are `lowest` eighths dead.
  SegmentId deadest(unsigned lowest) const {
    for (unsigned level = kLevels; level >= lowest; --level) {
      if (heads_[level] != 0) return heads_[level];
    }
    return 0;
  }

 private:
  void insert(Heap& heap, SegmentId id, std::uint8_t level) {
    Segment& segment = heap.segment(id);
    segment.dead_next = heads_[level];
    if (segment.dead_next != 0) heap.segment(segment.dead_next).dead_previous = id;
    heads_[level] = id;
    segment.dead_level = level;
  }

  SegmentId heads_[kLevels + 1] = {};
};

}  // namespace isocache
