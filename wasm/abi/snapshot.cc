// Items in bulk: keys(), snapshot() and restore(). The format is in src/snapshot.ts; this is a
// record:
//
//   0        4        8                16        20       21     22
//   +--------+--------+----------------+---------+--------+------+-----+-------+
//   | value  | client | cas            | exptime | key    | bits | key | value |
//   | length | flags  |                |         | length |      |     |       |
//   +--------+--------+----------------+---------+--------+------+-----+-------+
//
// Little-endian, not aligned. Exptime is in unix seconds. The bits, from the lowest:
//
//   fetched | stale | win sent | binary key | in the main queue | frequency (2) | 0
//
// Version 1 had the first four. Records come in the order in which eviction would take the items.
// Restoring counts as an access: when the last one was is not kept.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "base/hash.h"
#include "cache.h"

namespace isocache {
namespace {

constexpr std::size_t kHeaderBytes = 22;
// What survives of an item's bits: a chained one is written and read as any other.
constexpr std::uint8_t kKeptBits = kFetched | kStale | kWinSent | kBinaryKey;
constexpr unsigned kInMainShift = 4;
constexpr unsigned kFrequencyShift = 5;

// As it lies in a record, but for its alignment.
struct RecordHeader {
  std::uint32_t value_length = 0;
  std::uint32_t client_flags = 0;
  std::uint64_t cas = 0;
  UnixSeconds exptime = 0;
  std::uint8_t key_length = 0;
  std::uint8_t bits = 0;
};
static_assert(offsetof(RecordHeader, bits) + 1 == kHeaderBytes);

char* write_header(const Item& item, std::size_t value_length, char* to) {
  const Standing standing = cache->store.standing(item);
  const unsigned bits = (item.bits() & kKeptBits) | unsigned{standing.in_main} << kInMainShift |
                        standing.frequency << kFrequencyShift;
  const std::string_view key = item.key();
  const RecordHeader header{static_cast<std::uint32_t>(value_length),
                            item.client_flags(),
                            item.cas(),
                            item.exptime(),
                            static_cast<std::uint8_t>(key.size()),
                            static_cast<std::uint8_t>(bits)};
  std::memcpy(to, &header, kHeaderBytes);
  std::memcpy(to + kHeaderBytes, key.data(), key.size());
  return to + kHeaderBytes + key.size();
}

RecordHeader header_at(const char* record) {
  RecordHeader header;
  std::memcpy(&header, record, kHeaderBytes);
  return header;
}

bool has_expired(const RecordHeader& header) {
  return header.exptime != 0 && header.exptime <= cache->clock.now_s;
}

Key key_of(const RecordHeader& header, const char* record) {
  return cache->key_at(record + kHeaderBytes, header.key_length);
}

// New ids go on behind those that are restored. Whether a reply may show the key as it is: that is
// not left to whoever wrote the record.
ItemFields fields_of(const RecordHeader& header, const Key& key) {
  cache->cas_ids.skip(header.cas);
  const unsigned bits = (header.bits & kKeptBits) | (is_binary(key.bytes) ? kBinaryKey : 0U);
  return {header.client_flags, header.exptime, header.cas, static_cast<std::uint8_t>(bits)};
}

Standing standing_of(const RecordHeader& header) {
  return {(header.bits >> kInMainShift & 1U) != 0, header.bits >> kFrequencyShift & 3U};
}

Item find(const Key& key) { return cache->store.find(key, cache->clock.now_s).item; }

// As for a set that fails: nobody reads a value that was to be replaced.
void forget(const Key& key) {
  if (const Item old = find(key)) cache->store.remove(old);
}

void restore_record(const RecordHeader& header, const char* record) {
  if (has_expired(header)) return;
  const Key key = key_of(header, record);
  const std::string_view value(record + kHeaderBytes + header.key_length, header.value_length);
  const PutStatus status = cache->store.put_back(key, fields_of(header, key), standing_of(header),
                                                 value, cache->clock.now_s);
  if (status != PutStatus::kStored) forget(key);
}

bool is_held(const RecordHeader& header, const char* record) {
  if (has_expired(header)) return false;
  const Item item = find(key_of(header, record));
  return item && item.cas() == header.cas;
}

// What a scan gives does not know its pieces and its standing.
Item found_again(const Item& scanned) {
  return find(cache->key_at(scanned.key().data(), scanned.key().size()));
}

std::size_t write_key(const Item& item, char* to, std::size_t room) {
  const std::size_t length = item.key().size();
  if (room < length + 1) return 0;
  *to = static_cast<char>(length);
  std::memcpy(to + 1, item.key().data(), length);
  return length + 1;
}

std::size_t write_record(const Item& scanned, char* to, std::size_t room) {
  const std::size_t value_length = scanned.value_length();
  const std::size_t length = kHeaderBytes + scanned.key().size() + value_length;
  if (room < length) return 0;
  const Item item = found_again(scanned);
  to = write_header(item, value_length, to);
  cache->store.for_each_piece(item, [&](const Store::Piece& piece) {
    std::memcpy(to, piece.bytes.data(), piece.bytes.size());
    to += piece.bytes.size();
  });
  return length;
}

// Where the scan is; 0 both before it and after it.
std::uint64_t cursor = 0;
bool scan_done = true;
std::unique_ptr<SegmentId[]> order;

// Visits up to `items` more; where the scan would go on.
template <typename Visit>
std::uint64_t scan_on(std::size_t items, Visit&& visit) {
  return cache->store.scan(cursor, items, Store::kAnyLooks, cache->clock.now_s, visit, order.get());
}

// Fills the scratch area with what `write` makes of the next items, leases apart; returns how many
// bytes.
// write(item, to, room) returns 0 when there is no room.
template <typename Write>
std::size_t fill_scratch(Write&& write) {
  constexpr std::size_t kItems = 256;
  std::size_t used = 0;
  while (!scan_done) {
    std::size_t written = 0;
    bool full = false;
    const std::uint64_t next = scan_on(kItems, [&](const Item& item) {
      if (full) return;
      if (LocalBackend::is_lease(item)) {
        ++written;
        return;
      }
      const std::size_t bytes = write(item, scratch + used, kScratchBytes - used);
      full = bytes == 0;
      used += bytes;
      written += full ? 0 : 1;
    });
    if (full) {  // go back to the first that had no room
      cursor = scan_on(written, [](const Item&) {});
      return used;
    }
    cursor = next;
    scan_done = next == 0;
  }
  return used;
}

}  // namespace

ISOCACHE_EXPORT(scan_begin) void export_scan_begin(UnixSeconds now_s) {
  cache->begin(now_s);
  cursor = 0;
  scan_done = false;
  order = cache->store.segments_by_age();
}

// The scratch area gets the next keys, each behind its length (a byte). 0: that was all.
ISOCACHE_EXPORT(scan_keys) std::size_t export_scan_keys() { return fill_scratch(write_key); }

// The scratch area gets the next records. 0: that was all, or a large one is next.
ISOCACHE_EXPORT(scan_records) std::size_t export_scan_records() {
  return fill_scratch(write_record);
}

// The scratch area gets the next record but for its value, which is handed back. 0: that was all.
ISOCACHE_EXPORT(scan_large) std::size_t export_scan_large() {
  if (scan_done) return 0;
  std::size_t bytes = 0;
  cursor = scan_on(1, [&](const Item& scanned) {
    const Item item = found_again(scanned);
    bytes = static_cast<std::size_t>(write_header(item, item.value_length(), scratch) - scratch);
    cache->hand_back(item);
  });
  scan_done = cursor == 0;
  return bytes;
}

// A hash over the scratch area, begun with that of what came before.
ISOCACHE_EXPORT(checksum)
std::uint32_t export_checksum(std::size_t length, std::uint32_t before) {
  return static_cast<std::uint32_t>(hash_bytes({scratch, length}, HashKey{.low = before}));
}

// Stores the records that are whole in the scratch area's first `length` bytes, or only counts
// those that are held: there the values may be cut off. How many bytes it went on, with the values;
// 0: it begins with a record that is larger. The host has seen that every record makes sense.
ISOCACHE_EXPORT(restore)
std::size_t export_restore(std::size_t length, UnixSeconds now_s, bool count) {
  cache->begin(now_s);
  std::size_t used = 0;
  std::size_t held = 0;
  while (used + kHeaderBytes <= length) {
    const RecordHeader header = header_at(scratch + used);
    const std::size_t head = kHeaderBytes + header.key_length;
    if (head + (count ? 0 : header.value_length) > length - used) break;
    if (count) {
      held += is_held(header, scratch + used) ? 1 : 0;
    } else {
      restore_record(header, scratch + used);
    }
    used += head + header.value_length;
  }
  cache->result = {{}, held, nullptr};
  return used;
}

// A record whose value the host puts straight into item memory: the scratch area has the rest of
// it. A window is handed back, see large_filled(); none: it is not wanted.
ISOCACHE_EXPORT(restore_large) std::size_t export_restore_large(UnixSeconds now_s) {
  cache->begin(now_s);
  const RecordHeader header = header_at(scratch);
  if (has_expired(header)) return 0;
  const Standing standing = standing_of(header);
  const Key key = key_of(header, scratch);
  cache->large.emplace();
  if (cache->store.begin_upload(key, header.value_length, now_s, &cache->large->upload,
                                &standing) == PutStatus::kStored) {
    return cache->hand_back_window();
  }
  forget(key);
  return 0;
}

// All windows were filled, or there was no memory for the next one.
ISOCACHE_EXPORT(restore_large_done) void export_restore_large_done() {
  const RecordHeader header = header_at(scratch);
  const Key key = key_of(header, scratch);
  Store& store = cache->store;
  Upload& upload = cache->large->upload;
  Item item;
  if (upload.remaining != 0) {
    store.abort_upload(upload);
  } else {
    item = store.commit_upload(upload, key, find(key), fields_of(header, key), cache->clock.now_s);
  }
  if (item) {
    store.set_frequency(item, standing_of(header).frequency);
  } else {
    forget(key);
  }
}

}  // namespace isocache
