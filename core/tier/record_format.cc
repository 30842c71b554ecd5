#include "tier/record_format.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/crc32c.h"

namespace isocache::tier {

bool plausible_record(const PageRun& run, Place place) {
  const Place limit = std::min<Place>(next_page(place), run.end());
  if (place + sizeof(RecordHeader) > limit) return false;
  const RecordHeader& header = RecordView(run, place).header();
  return header.key_length >= 1 && header.key_length <= limits::kMaxKeyBytes &&
         header.short_value_length == short_length(header.value_length) &&
         place + sizeof(RecordHeader) + header.key_length <= limit;
}

bool verify_record(const RecordView& record, const PageRun& run, std::uint64_t sequence) {
  if (record.end() > run.end()) return false;
  constexpr std::size_t kSkipped = sizeof record.header().checksum;
  std::uint32_t checksum = crc32c(&sequence, sizeof sequence);
  run.for_each_piece(
      record.place() + kSkipped, record.bytes() - kSkipped,
      [&](std::string_view piece) { checksum = crc32c(piece.data(), piece.size(), checksum); });
  return checksum == record.header().checksum;
}

BlockSearchResult find_in_block(const PageRun& run, Place block, std::uint64_t sequence,
                                std::string_view key) {
  BlockSearchResult result;
  Place longest = 0;
  bool forged = false;
  for_each_record_in_block(run, block, [&](const RecordView& record) {
    if (record.key().size() != key.size()) return;
    if (!equal_bytes(record.key().data(), key.data(), key.size())) return;
    if (record.end() > run.end()) {
      longest = std::max(longest, record.end());
    } else if (verify_record(record, run, sequence)) {
      forged = forged || result.status == BlockSearch::kFound;
      result = {BlockSearch::kFound, record, 0};
    }
  });
  if (forged) return {};
  if (result.status == BlockSearch::kMissing && longest > 0) {
    result.status = BlockSearch::kLonger;
    result.end = longest;
  }
  return result;
}

}  // namespace isocache::tier
