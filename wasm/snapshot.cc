// Items in bulk: keys(), snapshot() and restore(). The format is in src/snapshot.ts; this is a
// record:
//
//   0        4        8                16        20       21     22
//   +--------+--------+----------------+---------+--------+------+-----+-------+
//   | value  | client | cas            | exptime | key    | bits | key | value |
//   | length | flags  |                |         | length |      |     |       |
//   +--------+--------+----------------+---------+--------+------+-----+-------+
//
// Little-endian, not aligned. Exptime is in unix seconds. Restoring counts as an access: when the
// last one was is not kept.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/hash.h"
#include "base/limits.h"
#include "cache.h"

namespace isocache {
namespace {

constexpr std::size_t kHeaderBytes = 22;
// What survives in a record: a chained or unlinked item is written and read as any other.
constexpr std::uint8_t kKeptBits = kFetched | kStale | kWinSent | kBinaryKey;
constexpr std::int32_t kMalformed = -1;

struct RecordHeader {
  std::uint32_t value_length = 0;
  std::uint32_t client_flags = 0;
  std::uint64_t cas = 0;
  UnixSeconds exptime = 0;
  std::uint8_t key_length = 0;
  std::uint8_t bits = 0;
};

template <typename Number>
void put(char*& to, Number number) {
  std::memcpy(to, &number, sizeof number);
  to += sizeof number;
}
template <typename Number>
void take(const char*& from, Number& number) {
  std::memcpy(&number, from, sizeof number);
  from += sizeof number;
}

char* write_header(const Item& item, std::size_t value_length, char* to) {
  std::uint8_t bits = 0;
  for (const ItemBits bit : {kFetched, kStale, kWinSent, kBinaryKey}) {
    if (item.has(bit)) bits = static_cast<std::uint8_t>(bits | bit);
  }
  put(to, static_cast<std::uint32_t>(value_length));
  put(to, item.client_flags());
  put(to, item.cas());
  put(to, item.exptime());
  put(to, static_cast<std::uint8_t>(item.key().size()));
  put(to, bits);
  std::memcpy(to, item.key().data(), item.key().size());
  return to + item.key().size();
}

bool read_header(const char* from, std::size_t length, RecordHeader& header) {
  if (length < kHeaderBytes) return false;
  take(from, header.value_length);
  take(from, header.client_flags);
  take(from, header.cas);
  take(from, header.exptime);
  take(from, header.key_length);
  take(from, header.bits);
  return true;
}

bool is_good(const RecordHeader& header) {
  return header.key_length > 0 && header.key_length <= limits::kMaxKeyBytes &&
         header.value_length <= limits::kMaxMaxItemBytes && (header.bits & ~kKeptBits) == 0;
}

bool has_expired(const RecordHeader& header) {
  return header.exptime != 0 && header.exptime <= cache->clock.now_s;
}

Key key_of(const RecordHeader& header, const char* record) {
  return cache->key_at(record + kHeaderBytes, header.key_length);
}

// New ids go on behind those that are restored.
ItemFields fields_of(const RecordHeader& header) {
  cache->cas_ids.skip(header.cas);
  return {header.client_flags, header.exptime, header.cas, header.bits};
}

bool restore_record(const RecordHeader& header, const char* record) {
  if (has_expired(header)) return false;
  const UnixSeconds now_s = cache->clock.now_s;
  const Key key = key_of(header, record);
  const std::string_view value(record + kHeaderBytes + header.key_length, header.value_length);
  const Item old = cache->store.find(key, now_s).item;
  return cache->store.put(key, old, fields_of(header), {&value, 1}, now_s) == PutStatus::kStored;
}

// What a scan gives does not know its pieces.
Item found_again(const Item& scanned, UnixSeconds now_s) {
  return cache->store.find(cache->key_at(scanned.key().data(), scanned.key().size()), now_s).item;
}

std::size_t write_key(const Item& item, char* to, std::size_t room) {
  const std::size_t length = item.key().size();
  if (room < length + 1) return 0;
  *to = static_cast<char>(length);
  std::memcpy(to + 1, item.key().data(), length);
  return length + 1;
}

std::size_t write_record(const Item& item, char* to, std::size_t room) {
  const std::size_t value_length = item.value_length();
  const std::size_t length = kHeaderBytes + item.key().size() + value_length;
  if (room < length) return 0;
  to = write_header(item, value_length, to);
  cache->store.for_each_piece(found_again(item, cache->clock.now_s),
                              [&](const Store::Piece& piece) {
                                std::memcpy(to, piece.bytes.data(), piece.bytes.size());
                                to += piece.bytes.size();
                              });
  return length;
}

// Where the scan is; 0 both before it and after it.
std::uint64_t cursor = 0;
bool scan_done = true;

// Fills the scratch area with what `write` makes of the next items, leases apart; returns how many
// bytes.
// write(item, to, room) returns 0 when there is no room.
template <typename Write>
std::size_t fill_scratch(Write&& write) {
  constexpr std::size_t kItems = 256;
  const UnixSeconds now_s = cache->clock.now_s;
  std::size_t used = 0;
  while (!scan_done) {
    std::size_t written = 0;
    bool full = false;
    const std::uint64_t next =
        cache->store.scan(cursor, kItems, Store::kAnyLooks, now_s, [&](const Item& item) {
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
      cursor = cache->store.scan(cursor, written, Store::kAnyLooks, now_s, [](const Item&) {});
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
  const UnixSeconds now_s = cache->clock.now_s;
  cursor = cache->store.scan(cursor, 1, Store::kAnyLooks, now_s, [&](const Item& item) {
    bytes = static_cast<std::size_t>(write_header(item, item.value_length(), scratch) - scratch);
    cache->hand_back(found_again(item, now_s));
  });
  scan_done = cursor == 0;
  return bytes;
}

// A hash over the scratch area, begun with that of what came before.
ISOCACHE_EXPORT(checksum)
std::uint32_t export_checksum(std::size_t length, std::uint32_t before) {
  return static_cast<std::uint32_t>(hash_bytes({scratch, length}, HashKey{.low = before}));
}

// Stores the records that are whole in the scratch area's first `length` bytes; how many bytes of
// it those were (0: it begins with one that is larger), or -1. The result counts those that are
// stored now: not what has expired or has no room.
ISOCACHE_EXPORT(restore) std::int32_t export_restore(std::size_t length, UnixSeconds now_s) {
  cache->begin(now_s);
  std::size_t used = 0;
  std::size_t stored = 0;
  RecordHeader header;
  while (read_header(scratch + used, length - used, header)) {
    if (!is_good(header)) return kMalformed;
    const std::size_t bytes = kHeaderBytes + header.key_length + header.value_length;
    if (bytes > length - used) break;
    if (restore_record(header, scratch + used)) ++stored;
    used += bytes;
  }
  cache->result = {{}, stored, nullptr};
  return static_cast<std::int32_t>(used);
}

// A record whose value the host puts straight into item memory: the scratch area has the rest of
// it. A window is handed back, see large_filled(); none: it is not wanted.
ISOCACHE_EXPORT(restore_large) std::size_t export_restore_large(UnixSeconds now_s) {
  cache->begin(now_s);
  RecordHeader header;
  read_header(scratch, kScratchBytes, header);
  if (!is_good(header) || has_expired(header)) return 0;
  cache->large.emplace();
  const PutStatus status = cache->store.begin_upload(key_of(header, scratch), header.value_length,
                                                     now_s, &cache->large->upload);
  return status == PutStatus::kStored ? cache->hand_back_window() : 0;
}

// True if it is stored now.
ISOCACHE_EXPORT(restore_large_done) bool export_restore_large_done() {
  RecordHeader header;
  read_header(scratch, kScratchBytes, header);
  const Key key = key_of(header, scratch);
  Upload& upload = cache->large->upload;
  if (upload.remaining != 0) {
    cache->store.abort_upload(upload);
    return false;
  }
  const UnixSeconds now_s = cache->clock.now_s;
  const Item old = cache->store.find(key, now_s).item;
  return static_cast<bool>(cache->store.commit_upload(upload, key, old, fields_of(header), now_s));
}

}  // namespace isocache
