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

std::uint64_t hash_of(const snapshot::RecordHeader& header, std::string_view record) {
  return cache->backend.hash(record.substr(snapshot::kRecordHeaderBytes, header.key_length));
}

bool has_expired(const snapshot::RecordHeader& header) {
  return header.exptime != 0 && header.exptime <= cache->clock.now_s;
}

bool may_be_on_tier(const snapshot::RecordHeader& header, std::string_view record) {
  return !has_expired(header) && cold_tier()->may_hold(hash_of(header, record));
}

// What the tier has of the record's key is older. After the store has changed: until then it may
// evict the older item there.
void forget_on_tier(std::string_view record) {
  const snapshot::RecordHeader header = snapshot::record_header_at(record.data());
  if (has_expired(header)) return;  // it was left out
  cold_tier()->forget(hash_of(header, record));
  cold_tier()->stock_up();
}

// One record after the other: the next one may evict this one to the tier.
std::size_t restore_beside_tier(snapshot::Reader& reader, std::string_view records) {
  std::size_t used = 0;
  while (records.size() - used >= snapshot::kRecordHeaderBytes) {
    const snapshot::RecordHeader header = snapshot::record_header_at(records.data() + used);
    const std::string_view record =
        records.substr(used, snapshot::head_bytes(header) + header.value_length);
    if (reader.restore(record) == 0) break;
    forget_on_tier(record);
    used += record.size();
  }
  return used;
}

// A record that the store lacks may be on the tier: restore() has left no older one there.
std::size_t count_beside_tier(snapshot::Reader& reader, std::string_view records) {
  std::size_t used = 0;
  std::size_t on_tier = 0;
  while (used + snapshot::kRecordHeaderBytes <= records.size()) {
    const snapshot::RecordHeader header = snapshot::record_header_at(records.data() + used);
    const std::size_t head = snapshot::head_bytes(header);
    if (head > records.size() - used) break;
    const std::string_view record = records.substr(used, head);
    const std::size_t held = reader.held();
    reader.count_held(record);
    if (reader.held() == held && may_be_on_tier(header, record)) ++on_tier;
    used += head + header.value_length;
  }
  cache->result = {{}, reader.held() + on_tier, nullptr};
  return used;
}

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
  if (count && cold_tier() != nullptr) return count_beside_tier(reader, records);
  const std::size_t used = count                    ? reader.count_held(records)
                           : cold_tier() != nullptr ? restore_beside_tier(reader, records)
                                                    : reader.restore(records);
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
  if (reader.begin_large(head_in_scratch(), &upload)) return cache->hand_back_window();
  if (cold_tier() != nullptr) forget_on_tier(head_in_scratch());
  return 0;
}

// All windows were filled, or there was no memory for the next one.
ISOCACHE_EXPORT(restore_large_done) void export_restore_large_done() {
  snapshot::Reader reader(cache->store, cache->clock.now_s);
  reader.end_large(head_in_scratch(), cache->large->upload);
  if (cold_tier() != nullptr) forget_on_tier(head_in_scratch());
  cache->cas_ids.skip(reader.highest_cas());
}

}  // namespace isocache
