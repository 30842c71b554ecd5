#include "snapshot/reader.h"

#include <algorithm>

namespace isocache::snapshot {
namespace {

Standing standing_of(const RecordHeader& header) {
  return {(header.bits >> kInMainShift & 1U) != 0, header.bits >> kFrequencyShift & kFrequencyMask};
}

}  // namespace

bool Reader::has_expired(const RecordHeader& header) const {
  return header.exptime != 0 && header.exptime <= now_s_;
}

Key Reader::key_of(const RecordHeader& header, const char* record) const {
  return store_.key({record + kRecordHeaderBytes, header.key_length});
}

// Decides whether a reply may show the key as it is, without trust in the writer of the record.
ItemFields Reader::fields_of(const RecordHeader& header, const Key& key) {
  if (header.cas >> 63U == 0) highest_cas_ = std::max(highest_cas_, header.cas);
  const unsigned binary = is_binary(key.bytes) ? unsigned{kBinaryKey} : 0U;
  const auto bits = static_cast<std::uint8_t>((header.bits & kItemBits) | binary);
  return {header.client_flags, header.exptime, header.cas, bits};
}

void Reader::forget(const Key& key) {
  if (const Item old = find(key)) store_.remove(old);
}

std::size_t Reader::restore(std::string_view bytes) {
  std::size_t used = 0;
  while (used + kRecordHeaderBytes <= bytes.size()) {
    const char* const record = bytes.data() + used;
    const RecordHeader header = record_header_at(record);
    const std::size_t length = head_bytes(header) + header.value_length;
    if (length > bytes.size() - used) break;
    restore_record(header, record);
    used += length;
  }
  return used;
}

void Reader::restore_record(const RecordHeader& header, const char* record) {
  if (has_expired(header)) return;
  const Key key = key_of(header, record);
  const std::string_view value(record + head_bytes(header), header.value_length);
  const PutStatus status =
      store_.put_back(key, fields_of(header, key), standing_of(header), {&value, 1}, now_s_);
  if (status != PutStatus::kStored) forget(key);
}

bool Reader::begin_large(std::string_view head, Upload* upload) {
  const RecordHeader header = record_header_at(head.data());
  if (has_expired(header)) return false;
  const Standing standing = standing_of(header);
  const Key key = key_of(header, head.data());
  if (store_.begin_upload(key, header.value_length, now_s_, upload, &standing) ==
      PutStatus::kStored) {
    return true;
  }
  forget(key);
  return false;
}

void Reader::end_large(std::string_view head, Upload& upload) {
  const RecordHeader header = record_header_at(head.data());
  const Key key = key_of(header, head.data());
  Item item;
  if (upload.remaining != 0) {
    store_.abort_upload(upload);
  } else {
    item = store_.commit_upload(upload, key, find(key), fields_of(header, key), now_s_);
  }
  if (item) {
    store_.set_frequency(item, standing_of(header).frequency);
  } else {
    forget(key);
  }
}

std::size_t Reader::count_held(std::string_view bytes) {
  std::size_t used = 0;
  while (used + kRecordHeaderBytes <= bytes.size()) {
    const char* const record = bytes.data() + used;
    const RecordHeader header = record_header_at(record);
    const std::size_t head = head_bytes(header);
    if (head > bytes.size() - used) break;
    held_ += is_held(header, record) ? 1U : 0U;
    used += head + header.value_length;
  }
  return used;
}

bool Reader::is_held(const RecordHeader& header, const char* record) {
  if (has_expired(header)) return false;
  const Item item = find(key_of(header, record));
  return item && item.cas() == header.cas;
}

}  // namespace isocache::snapshot
