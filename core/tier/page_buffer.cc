#include "tier/page_buffer.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/check.h"

namespace isocache::tier {
namespace {

using State = BufferedPage::State;

constexpr std::size_t kMaxWritePages = 16;

}  // namespace

PageBuffer::PageBuffer(Device& device, PageSource& source, const Regions& regions,
                       Listener& listener, const PageBufferOptions& options)
    : device_(device),
      source_(source),
      regions_(regions),
      listener_(listener),
      options_(options),
      mask_(options.max_pages - 1),
      pages_(options.max_pages),
      memory_(options.max_pages),
      writes_(options.max_pages) {
  check((options.max_pages & mask_) == 0 && options.write_pages <= kMaxWritePages);
  reserved_.reserve(options.max_pages);
  for (Write& write : writes_) write.buffer = this;
}

PageBuffer::~PageBuffer() {
  check(writes_in_flight_ == 0);
  release_reserved();
  for (std::uint64_t number = begin_; number < end_; ++number) release_page(number);
}

bool PageBuffer::reserve(std::size_t pages) {
  if (end_ - begin_ + pages > options_.max_pages) return false;
  while (reserved_.size() < pages) {
    std::byte* memory = source_.acquire_page();
    if (memory == nullptr) {
      release_reserved();
      return false;
    }
    reserved_.push_back(memory);
  }
  return true;
}

void PageBuffer::release_reserved() {
  for (std::byte* memory : reserved_) source_.release_page(memory);
  reserved_.clear();
}

void PageBuffer::begin_page(RegionId region, std::uint32_t index, std::uint64_t sequence) {
  check(!reserved_.empty());
  pages_[slot(end_)] = {.sequence = sequence,
                        .region = region,
                        .index = index,
                        .used = sizeof(PageHeader),
                        .state = State::kFilling};
  memory_[slot(end_)] = reserved_.back();
  reserved_.pop_back();
  ++end_;
}

void PageBuffer::close_page(std::uint32_t used) {
  BufferedPage& page = pages_[slot(end_ - 1)];
  std::byte* memory = memory_[slot(end_ - 1)];
  page.used = used;
  page.state = State::kFull;
  std::memset(memory + used, 0, kPageBytes - used);
  write_page_header(memory, {options_.epoch, page.sequence, options_.shard}, page.first_record,
                    used, page.records);
}

std::size_t PageBuffer::full_pages_at(std::uint64_t number) const {
  std::size_t pages = 0;
  const RegionId region = pages_[slot(number)].region;
  while (number + pages < end_ && pages < options_.write_pages &&
         pages_[slot(number + pages)].state == State::kFull &&
         pages_[slot(number + pages)].region == region) {
    ++pages;
  }
  return pages;
}

void PageBuffer::write_full_pages(bool all) {
  while (unwritten_ < end_) {
    if (pages_[slot(unwritten_)].state == State::kGone) {
      ++unwritten_;
      continue;
    }
    const std::size_t pages = full_pages_at(unwritten_);
    if (pages == 0 || (pages < options_.write_pages && !all)) return;
    const std::uint64_t first = unwritten_;
    unwritten_ += pages;
    begin_write(first, pages);
  }
}

void PageBuffer::begin_write(std::uint64_t first, std::size_t pages) {
  const auto free = std::find_if(writes_.begin(), writes_.end(),
                                 [](const Write& write) { return write.pages == 0; });
  check(free != writes_.end());  // a write has a page at least
  Write& write = *free;
  write.first = first;
  write.pages = pages;
  write.region = page(first).region;

  std::array<std::span<const std::byte>, kMaxWritePages> parts;
  for (std::size_t n = 0; n < pages; ++n) {
    page(first + n).state = State::kWriting;
    parts[n] = {memory(first + n), kPageBytes};
  }
  const std::uint64_t offset = options_.device_offset + regions_.offset(write.region) +
                               std::uint64_t{page(first).index} * kPageBytes;
  ++writes_in_flight_;
  listener_.on_write_began(write.region, pages);
  const IoStatus status = device_.begin_write(offset, {parts.data(), pages}, write);
  if (status != IoStatus::kPending) write_ended(write, status == IoStatus::kDone);
}

void PageBuffer::write_ended(Write& write, bool succeeded) {
  for (std::size_t n = 0; n < write.pages; ++n) {
    BufferedPage& written = page(write.first + n);
    if (written.state == State::kUnwanted || !succeeded) {
      release_page(write.first + n);
    } else {
      written.state = State::kWritten;
    }
  }
  const RegionId region = write.region;
  write.pages = 0;
  --writes_in_flight_;
  release_written();
  listener_.on_write_ended(region, succeeded);
}

bool PageBuffer::written_whole(std::uint64_t number) const {
  const std::uint64_t last = number + pages_[slot(number)].extends;
  if (last >= end_) return false;
  for (; number <= last; ++number) {
    const State state = pages_[slot(number)].state;
    if (state != State::kWritten && state != State::kGone) return false;
  }
  return true;
}

void PageBuffer::release_written() {
  std::uint64_t needed_to = begin_;  // by a record that begins in an earlier page in memory
  for (std::uint64_t number = begin_; number < end_; ++number) {
    if (!holds(number)) continue;
    const BufferedPage& page = pages_[slot(number)];
    if (number >= needed_to && page.state == State::kWritten && written_whole(number)) {
      release_page(number);
    } else {
      needed_to = std::max(needed_to, number + page.extends + 1);
    }
  }
  while (begin_ < end_ && !holds(begin_)) ++begin_;
  unwritten_ = std::max(unwritten_, begin_);
}

void PageBuffer::release_page(std::uint64_t number) {
  std::byte*& memory = memory_[slot(number)];
  if (memory == nullptr) return;
  source_.release_page(memory);
  memory = nullptr;
  pages_[slot(number)].state = State::kGone;
}

void PageBuffer::drop(RegionId region) {
  for (std::uint64_t number = begin_; number < end_; ++number) {
    if (holds(number) && page(number).region == region) drop_page(number);
  }
  release_written();
}

void PageBuffer::drop_all() {
  for (std::uint64_t number = begin_; number < end_; ++number) {
    if (holds(number)) drop_page(number);
  }
  release_written();
}

// A page that is being written is released when the write has ended.
void PageBuffer::drop_page(std::uint64_t number) {
  State& state = page(number).state;
  if (state == State::kWriting) {
    state = State::kUnwanted;
  } else if (state != State::kUnwanted) {
    release_page(number);
  }
}

std::size_t PageBuffer::memory_bytes() const {
  return pages_.capacity() * sizeof(BufferedPage) + writes_.capacity() * sizeof(Write) +
         (memory_.capacity() + reserved_.capacity()) * sizeof(std::byte*);
}

}  // namespace isocache::tier
