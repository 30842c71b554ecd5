// The bytes of a snapshot; FORMAT.md has the whole layout. All numbers are little-endian and not
// aligned.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/clock.h"
#include "base/limits.h"

namespace isocache::snapshot {

static_assert(std::endian::native == std::endian::little, "headers are copied as they lie");

inline constexpr std::string_view kMagic = "isocache";
inline constexpr std::uint32_t kVersion = 2;  // the one that is written; 1 is read as well
inline constexpr std::size_t kFileHeaderBytes = 16;
inline constexpr std::size_t kRecordHeaderBytes = 22;
inline constexpr std::size_t kMaxValueBytes = limits::kMaxMaxItemBytes;
// The checksum is computed over the records in pieces of this size.
inline constexpr std::size_t kChecksumPieceBytes = 64U << 10;

struct FileHeader {
  char magic[kMagic.size()];
  std::uint32_t version;
  std::uint32_t checksum;  // of everything behind it
};
static_assert(sizeof(FileHeader) == kFileHeaderBytes);

// The header of a record, field by field; in the record itself it is not aligned.
struct RecordHeader {
  std::uint32_t value_length;
  std::uint32_t client_flags;
  std::uint64_t cas;
  UnixSeconds exptime;  // 0: never
  std::uint8_t key_length;
  std::uint8_t bits;
};
static_assert(offsetof(RecordHeader, bits) + 1 == kRecordHeaderBytes);

// A record's bits.
inline constexpr std::uint8_t kItemBits = 0x0f;  // fetched, stale, win sent, binary key
inline constexpr unsigned kInMainShift = 4;
inline constexpr unsigned kFrequencyShift = 5;
inline constexpr unsigned kFrequencyMask = 3;

// REQUIRES: kRecordHeaderBytes at `record`.
inline RecordHeader record_header_at(const char* record) {
  RecordHeader header;
  std::memcpy(&header, record, kRecordHeaderBytes);
  return header;
}

// A record's bytes before its value.
inline std::size_t head_bytes(const RecordHeader& header) {
  return kRecordHeaderBytes + header.key_length;
}

// The checksum of the next piece of the records. `before` is the checksum of all pieces before it,
// 0 for the first. REQUIRES: each piece has kChecksumPieceBytes; the last one may be shorter.
std::uint32_t checksum(std::string_view piece, std::uint32_t before);
std::uint32_t checksum_of_all(std::string_view records);

// Why bytes cannot be restored as a snapshot.
enum class Fault : std::uint8_t {
  kNone,
  kNoSnapshot,      // something else, or shorter than a header
  kUnknownVersion,  // written by a later version
  kDamaged,         // the checksum differs
  kCutOff,          // the last record is not whole
  kSenseless,       // a record that no writer produces
};

// Checks that `whole` is a snapshot and that every record of it is valid. Call it before you
// restore the first record.
Fault check(std::string_view whole);

}  // namespace isocache::snapshot
