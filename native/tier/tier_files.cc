#include "native/tier/tier_files.h"

#include <fmt/format.h>

#include <algorithm>

#include "native/base/errors.h"

namespace isocache {

TierFiles::TierFiles(std::vector<std::unique_ptr<TierFile>> files, std::uint64_t page_bytes)
    : files_(std::move(files)), page_bytes_(page_bytes) {
  std::uint64_t most_pages = 0;
  for (const auto& file : files_) {
    const std::uint64_t pages = file->size_bytes() / page_bytes_;
    if (pages == 0) {  // begins with memcached's words
      throw UsageError(
          fmt::format("supplied ext_path has zero size, cannot use: {} has no room for a page of "
                      "{} MB (ext_page_size)",
                      file->path(), page_bytes_ >> 20));
    }
    most_pages = std::max(most_pages, pages);
    size_bytes_ += pages * page_bytes_;
    alignment_ = std::max(alignment_, file->alignment());
  }
  if (files_.size() == 1) return;
  for (std::uint32_t number = 0; number < most_pages; ++number) {
    for (std::uint32_t file = 0; file < files_.size(); ++file) {
      if (number < files_[file]->size_bytes() / page_bytes_) {
        pages_.push_back({.file = file, .number = number});
      }
    }
  }
}

bool TierFiles::all_direct() const {
  return std::all_of(files_.begin(), files_.end(), [](const auto& file) { return file->direct(); });
}

TierFiles::Place TierFiles::locate(std::uint64_t offset) const {
  if (files_.size() == 1) {
    return {.file = files_[0].get(), .offset = offset, .bytes = size_bytes_ - offset};
  }
  const Page& page = pages_[offset / page_bytes_];
  const std::uint64_t in_page = offset % page_bytes_;
  return {.file = files_[page.file].get(),
          .offset = page.number * page_bytes_ + in_page,
          .bytes = page_bytes_ - in_page};
}

}  // namespace isocache
