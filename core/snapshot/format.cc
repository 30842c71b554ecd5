#include "snapshot/format.h"

#include <algorithm>

#include "base/hash.h"
#include "store/item.h"

namespace isocache::snapshot {
namespace {

// Snapshots are read by later versions of the program, so the bits of items in them must not move.
static_assert(kFetched == 1 && kStale == 2 && kWinSent == 4 && kBinaryKey == 8);
static_assert((kFetched | kStale | kWinSent | kBinaryKey) == kItemBits);

// The bits that a version may use. 0: there is no such version.
std::uint8_t known_bits(std::uint32_t version) {
  switch (version) {
    case 1: return kItemBits;
    case 2: return kItemBits | 1U << kInMainShift | kFrequencyMask << kFrequencyShift;
    default: return 0;
  }
}

bool makes_sense(const RecordHeader& header, std::uint8_t known) {
  return header.key_length != 0 && header.key_length <= limits::kMaxKeyBytes &&
         header.value_length <= kMaxValueBytes && (header.bits & ~known) == 0;
}

}  // namespace

std::uint32_t checksum(std::string_view piece, std::uint32_t before) {
  return static_cast<std::uint32_t>(hash_bytes(piece, HashKey{.low = before}));
}

std::uint32_t checksum_of_all(std::string_view records) {
  std::uint32_t sum = 0;
  for (; !records.empty(); records.remove_prefix(std::min(kChecksumPieceBytes, records.size()))) {
    sum = checksum(records.substr(0, kChecksumPieceBytes), sum);
  }
  return sum;
}

Fault check(std::string_view whole) {
  FileHeader header;
  if (whole.size() < kFileHeaderBytes || !whole.starts_with(kMagic)) return Fault::kNoSnapshot;
  std::memcpy(&header, whole.data(), kFileHeaderBytes);
  const std::uint8_t known = known_bits(header.version);
  if (known == 0) return Fault::kUnknownVersion;
  std::string_view rest = whole.substr(kFileHeaderBytes);
  if (checksum_of_all(rest) != header.checksum) return Fault::kDamaged;
  while (!rest.empty()) {
    if (rest.size() < kRecordHeaderBytes) return Fault::kCutOff;
    const RecordHeader record = record_header_at(rest.data());
    const std::size_t head = head_bytes(record);
    if (rest.size() < head || rest.size() - head < record.value_length) return Fault::kCutOff;
    if (!makes_sense(record, known)) return Fault::kSenseless;
    rest.remove_prefix(head + record.value_length);
  }
  return Fault::kNone;
}

}  // namespace isocache::snapshot
