// The C ABI's calls for items in bulk: keys(), snapshot() and restore(). What the bytes mean is in
// core/snapshot/FORMAT.md; src/store/snapshot.ts writes and checks the file's header.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

#include "cache.h"
#include "snapshot/format.h"
#include "snapshot/reader.h"
#include "snapshot/writer.h"

namespace isocache {
namespace {

// src/store/snapshot.ts takes the checksum over one scratch area after the other.
static_assert(kScratchBytes == snapshot::kChecksumPieceBytes);

std::optional<snapshot::Writer> writer;

std::size_t write_key(const ItemView& item, std::span<char> room) {
  const std::size_t length = item.key().size();
  if (room.size() < length + 1) return 0;
  room[0] = static_cast<char>(length);
  std::memcpy(room.data() + 1, item.key().data(), length);
  return length + 1;
}

bool is_lease(const ItemView& item) { return LocalBackend::is_lease(item); }

// The record in the scratch area, but for its value.
std::string_view head_in_scratch() {
  return {scratch, snapshot::head_bytes(snapshot::record_header_at(scratch))};
}

}  // namespace

ISOCACHE_EXPORT(scan_begin) void export_scan_begin(UnixSeconds now_s) {
  cache->begin(now_s);
  writer.emplace(cache->store, now_s, is_lease);
}

// The scratch area gets the next keys, each behind its length (a byte). 0: that was all.
ISOCACHE_EXPORT(scan_keys) std::size_t export_scan_keys() {
  return writer->fill(scratch, write_key);
}

// The scratch area gets the next records. 0: that was all, or a large one is next.
ISOCACHE_EXPORT(scan_records) std::size_t export_scan_records() {
  return writer->write_records(scratch);
}

// The scratch area gets the next record but for its value, which is handed back. 0: that was all.
ISOCACHE_EXPORT(scan_large) std::size_t export_scan_large() {
  return writer->write_large(scratch, [](const ItemView& item) { cache->hand_back(item); });
}

// A checksum over the scratch area, begun with that of what came before.
ISOCACHE_EXPORT(checksum)
std::uint32_t export_checksum(std::size_t length, std::uint32_t before) {
  return snapshot::checksum({scratch, length}, before);
}

// Restores the records that are whole in the scratch area's first `length` bytes, or only counts
// those that are held: there the values may be cut off. Returns how many bytes the records take,
// with their values. 0: it begins with a record that is larger. The host has checked every record.
ISOCACHE_EXPORT(restore)
std::size_t export_restore(std::size_t length, UnixSeconds now_s, bool count) {
  cache->begin(now_s);
  snapshot::Reader reader(cache->store, now_s);
  const std::string_view records(scratch, length);
  const std::size_t used = count ? reader.count_held(records) : reader.restore(records);
  cache->cas_ids.skip(reader.highest_cas());
  cache->result = {{}, reader.held(), nullptr};
  return used;
}

// A record whose value the host puts straight into item memory: the scratch area has the rest of
// it. A window is handed back, see large_filled(); none: it is not wanted.
ISOCACHE_EXPORT(restore_large) std::size_t export_restore_large(UnixSeconds now_s) {
  cache->begin(now_s);
  snapshot::Reader reader(cache->store, now_s);
  Upload& upload = cache->large.emplace().upload;
  return reader.begin_large(head_in_scratch(), &upload) ? cache->hand_back_window() : 0;
}

// All windows were filled, or there was no memory for the next one.
ISOCACHE_EXPORT(restore_large_done) void export_restore_large_done() {
  snapshot::Reader reader(cache->store, cache->clock.now_s);
  reader.end_large(head_in_scratch(), cache->large->upload);
  cache->cas_ids.skip(reader.highest_cas());
}

}  // namespace isocache
