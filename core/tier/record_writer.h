// Copies one record, piece by piece, to the log's head, and sums it up on the way.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/crc32c.h"
#include "tier/page_log.h"

namespace isocache::tier {

class RecordWriter {
 public:
  // The record will lie from `begin` to `end`. REQUIRES: PageLog::prepare() said so.
  RecordWriter(PageLog& log, Place begin, Place end) : log_(log) {
    log.move_head(begin);
    const std::uint64_t number = log.buffer_.next_number() - 1;
    BufferedPage& page = log.buffer_.page(number);
    const auto offset = static_cast<std::uint32_t>(begin % kPageBytes);
    if (page.first_record == 0) page.first_record = offset;
    ++page.records;
    page.extends = static_cast<std::uint32_t>((end - 1) / kPageBytes - begin / kPageBytes);
    sequence_ = page.sequence;
    record_ = log.buffer_.memory(number) + offset;
  }

  void write_head(RecordHeader header, std::string_view key) {
    constexpr std::size_t kSkipped = sizeof header.checksum;
    checksum_ = crc32c(&sequence_, sizeof sequence_);
    log_.head_ += kSkipped;
    write({reinterpret_cast<const char*>(&header) + kSkipped, sizeof header - kSkipped});
    write(key);
  }

  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      if (log_.head_ % kPageBytes == 0) log_.begin_page();
      const Place room = next_page(log_.head_) - log_.head_;
      const auto piece = static_cast<std::size_t>(std::min<Place>(bytes.size(), room));
      std::byte* page = log_.buffer_.memory(log_.buffer_.next_number() - 1);
      checksum_ = crc32c_copy(page + log_.head_ % kPageBytes, bytes.data(), piece, checksum_);
      log_.head_ += piece;
      bytes.remove_prefix(piece);
      if (log_.head_ % kPageBytes == 0) log_.close_page();
    }
  }

  void finish() {
    std::memcpy(record_, &checksum_, sizeof checksum_);
    const Place end = align_record(log_.head_);
    if (end == log_.head_) return;
    std::byte* page = log_.buffer_.memory(log_.buffer_.next_number() - 1);
    std::memset(page + log_.head_ % kPageBytes, 0, static_cast<std::size_t>(end - log_.head_));
    log_.head_ = end;
    if (end % kPageBytes == 0) log_.close_page();
  }

 private:
  PageLog& log_;
  std::byte* record_ = nullptr;
  std::uint64_t sequence_ = 0;
  std::uint32_t checksum_ = 0;
};

}  // namespace isocache::tier
