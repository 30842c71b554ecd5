// Writes all items of a store, one buffer at a time. The host provides the buffers, and writes the
// file header in front as soon as it knows the checksum.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/clock.h"
#include "store/store.h"

namespace isocache::snapshot {

// The file header that belongs to such records. REQUIRES: room for kFileHeaderBytes.
void write_file_header(std::uint32_t checksum, char* to);

// Writes the record of an item without the value. Returns how many bytes it wrote. REQUIRES: room
// for them.
std::size_t write_head(const ItemView& item, char* to);
// Writes the whole record. 0: there is no room for it.
std::size_t write_record(const ItemView& item, std::span<char> room);

// Visits the items once, in the order in which eviction would take them. Putting them back in that
// order restores the same queues. The store may be used between two calls: items that are stored in
// between may be missed, and items that are moved may be written twice.
class Writer {
 public:
  // Selects items to leave out; null: none.
  using Skip = bool (*)(const ItemView&);

  // REQUIRES: `store` outlives the writer.
  Writer(const Store& store, UnixSeconds now_s, Skip skip = nullptr)
      : store_(store), order_(store.segments_by_age()), now_s_(now_s), skip_(skip) {}

  // Writes the next records, as many as fit. Returns how many bytes. 0: all records are written, or
  // the next record is larger than `room`, see write_large().
  std::size_t write_records(std::span<char> room) { return fill(room, write_record); }

  // For a record that does not fit into write_records(): writes everything except the value, and
  // calls take_value(const ItemView&). Returns how many bytes. 0: all records are written.
  // REQUIRES: room for kRecordHeaderBytes and the longest key.
  template <typename TakeValue>
  std::size_t write_large(char* to, TakeValue&& take_value) {
    if (done_) return 0;
    std::size_t bytes = 0;
    go_to(scan(1, [&](const ItemView& item) {
      bytes = write_head(item, to);
      take_value(item);
    }));
    return bytes;
  }

  // As write_records(), for other formats: write(const ItemView&, std::span<char> room) returns how
  // many bytes it wrote, 0 if there is no room.
  template <typename Write>
  std::size_t fill(std::span<char> room, Write&& write) {
    std::size_t used = 0;
    while (!done_) {
      std::size_t passed = 0;
      bool full = false;
      const std::uint64_t next = scan(kItemsPerScan, [&](const ItemView& item) {
        if (full) return;
        const bool wanted = skip_ == nullptr || !skip_(item);
        const std::size_t bytes = wanted ? write(item, room.subspan(used)) : 0;
        full = wanted && bytes == 0;
        used += bytes;
        passed += full ? 0 : 1;
      });
      if (full) {  // go back to the first item that did not fit
        cursor_ = scan(passed, [](const ItemView&) {});
        return used;
      }
      go_to(next);
    }
    return used;
  }

 private:
  static constexpr std::size_t kItemsPerScan = 256;

  template <typename Visit>
  std::uint64_t scan(std::size_t items, Visit&& visit) const {
    return store_.scan(cursor_, items, Store::kAnyLooks, now_s_, visit, order_.get());
  }
  void go_to(std::uint64_t cursor) {
    cursor_ = cursor;
    done_ = cursor == 0;
  }

  const Store& store_;
  std::unique_ptr<SegmentId[]> order_;
  UnixSeconds now_s_;
  Skip skip_;
  std::uint64_t cursor_ = 0;  // 0 before the first item and after the last
  bool done_ = false;
};

}  // namespace isocache::snapshot
