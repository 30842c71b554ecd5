// Goes over the records of a region, page by page in the order in which they lie there, and checks
// each of them. It needs one page at a time: of a record that goes on in other pages it keeps the
// head, and the checksum so far.
//
//   walk.next(page 0) -> record, record, none    the third one goes on in page 1
//   walk.next(page 1) -> the third one, ...
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tier/record_format.h"

namespace isocache::tier {

// A page of a region, as it lies in memory.
struct LogPage {
  const std::byte* bytes = nullptr;  // null: it is not there
  Place begin = 0;                   // in the region
  Place first_record = 0;            // where the first record begins that begins in it, or `end`
  Place end = 0;                     // where its last record ends
  std::uint64_t sequence = 0;
};

// A page as it was read from the device. Its bytes are null if it is not the one that should lie
// there. REQUIRES: there are kPageBytes bytes.
LogPage parse_page(const std::byte* bytes, Place begin, const PageIdentity& identity);

// A record that is whole and undamaged.
struct WalkedRecord {
  Place place = 0;
  RecordHeader header;
  std::string_view key;  // valid until the next call
};

class RecordWalk {
 public:
  // At the begin of a region.
  void restart() { *this = {}; }
  // The next record that ends in this page. False: there is none, and the next page is to be walked
  // next. Between two calls the page may be read again. If something is damaged, the rest of the
  // page is left out.
  bool next(const LogPage& page, WalkedRecord& record);
  // Leaves out a page that cannot be read.
  void skip_page() {
    inside_ = false;
    left_ = 0;
  }

 private:
  bool enter(const LogPage& page, WalkedRecord& record);
  bool read(const LogPage& page, WalkedRecord& record);
  void begin_long(const LogPage& page, const RecordView& record);

  bool inside_ = false;  // place_ lies in the page
  Place place_ = 0;      // of the next record
  // A record that goes on.
  std::uint64_t left_ = 0;  // how many bytes of it are not yet seen; 0: there is none
  Place long_place_ = 0;
  std::uint32_t checksum_ = 0;
  RecordHeader header_;
  std::string key_;
};

}  // namespace isocache::tier
