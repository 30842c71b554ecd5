// Several files as one row of bytes. Pages take turns among the files, so that neighbouring regions
// lie on different disks; a small file drops out when it has no more pages.
//
//   device   | page 0 | page 1 | page 2 | page 3 | page 4 |
//   file 0   | page 0 |        | page 2 |        |            (two pages long)
//   file 1            | page 1 |        | page 3 | page 4 |
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "native/tier/tier_file.h"

namespace isocache {

class TierFiles {
 public:
  struct Place {
    const TierFile* file;
    std::uint64_t offset;  // in the file
    std::uint64_t bytes;   // to the end of what lies together there
  };

  // REQUIRES: at least one file; page_bytes is a multiple of each file's alignment. Throws
  // UsageError if a file has no whole page.
  TierFiles(std::vector<std::unique_ptr<TierFile>> files, std::uint64_t page_bytes);

  std::uint64_t size_bytes() const { return size_bytes_; }
  std::size_t alignment() const { return alignment_; }
  bool all_direct() const;
  // REQUIRES: offset < size_bytes().
  Place locate(std::uint64_t offset) const;

 private:
  struct Page {
    std::uint32_t file;
    std::uint32_t number;  // in the file
  };

  std::vector<std::unique_ptr<TierFile>> files_;
  std::uint64_t page_bytes_;
  std::uint64_t size_bytes_ = 0;
  std::size_t alignment_ = 0;
  std::vector<Page> pages_;  // of the device; unused if there is one file
};

}  // namespace isocache
