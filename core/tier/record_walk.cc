#include "tier/record_walk.h"

#include <algorithm>
#include <cstring>

#include "base/crc32c.h"

namespace isocache::tier {

LogPage parse_page(const std::byte* bytes, Place begin, const PageIdentity& identity) {
  PageHeader header;
  std::memcpy(&header, bytes, sizeof header);
  if (!verify_page_header(header, identity)) return {};
  LogPage page{.bytes = bytes, .begin = begin, .sequence = identity.sequence};
  page.end = begin + header.used;
  page.first_record = header.first_record == 0 ? page.end : begin + header.first_record;
  return page;
}

bool RecordWalk::next(const LogPage& page, WalkedRecord& record) {
  if (!inside_) {
    inside_ = true;
    if (enter(page, record)) return true;
  }
  while (place_ < page.end) {
    std::uint64_t word = 0;
    std::memcpy(&word, page.bytes + (place_ - page.begin), sizeof word);
    if (word == kGap) {
      place_ = (place_ / kBlockBytes + 1) * kBlockBytes;
      continue;
    }
    if (read(page, record)) return true;
    break;
  }
  inside_ = false;
  return false;
}

// True: the record that came from other pages ends in this one.
bool RecordWalk::enter(const LogPage& page, WalkedRecord& record) {
  place_ = page.first_record;
  if (left_ == 0) return false;
  const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(left_, kPageRoomBytes));
  checksum_ = crc32c(page.bytes + sizeof(PageHeader), piece, checksum_);
  left_ -= piece;
  if (left_ != 0 || checksum_ != header_.checksum) return false;
  record = {long_place_, header_, key_};
  return true;
}

// False: what is left of the page is damaged, or a record that goes on.
bool RecordWalk::read(const LogPage& page, WalkedRecord& record) {
  const PageRun run({page.bytes, kPageBytes}, page.begin);
  if (!plausible_record(run, place_)) return false;
  const RecordView view(run, place_);
  if (view.end() > run.end()) {
    begin_long(page, view);
    return false;
  }
  if (!verify_record(view, run, page.sequence)) return false;
  record = {place_, view.header(), view.key()};
  place_ = align_record(view.end());
  return true;
}

void RecordWalk::begin_long(const LogPage& page, const RecordView& record) {
  constexpr std::size_t kSkipped = sizeof header_.checksum;
  long_place_ = place_;
  header_ = record.header();
  key_ = record.key();
  const std::byte* const begin = page.bytes + (place_ - page.begin);
  const std::size_t here = kPageBytes - static_cast<std::size_t>(place_ - page.begin);
  checksum_ = crc32c(&page.sequence, sizeof page.sequence);
  checksum_ = crc32c(begin + kSkipped, here - kSkipped, checksum_);
  left_ = record.bytes() - here;
}

}  // namespace isocache::tier
