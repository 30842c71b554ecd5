// The unsent replies of one connection, in order: text, and for large values references into pinned
// segments. A transport turns them into an iovec, a WebSocket frame or one JS buffer.
//
//   text_:  "VA 100000\r\n" | "\r\nHD\r\n" ...
//   refs_:                  ^ 100000 bytes at p, held by a pin
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/limits.h"

namespace isocache {

// Keeps the bytes that a reply refers to in place until Backend::release().
struct Pin {
  std::uint32_t shard = 0;
  std::uint32_t segment = 0;
};

// How much unsent data stops a connection from executing further requests.
struct OutputLimits {
  std::size_t text_bytes = limits::kDefaultOutputTextBytes;  // copied
  std::size_t all_bytes = limits::kDefaultOutputBytes;       // copied or referred to
  std::size_t refs = limits::kDefaultOutputRefs;             // each holds a segment
};

// Limits for a host that takes everything at once.
inline constexpr OutputLimits kUnlimitedOutput{~std::size_t{0}, ~std::size_t{0}, ~std::size_t{0}};

class Output {
 public:
  Output() = default;
  explicit Output(const OutputLimits& limits) : limits_(limits) {}
  Output(Output&& other) noexcept { swap(other); }  // other is empty afterwards
  Output& operator=(Output&& other) noexcept {
    Output taken(std::move(other));
    swap(taken);
    return *this;
  }
  // Swaps the unsent replies. Each output keeps its own limits.
  void swap(Output& other) noexcept {
    text_.swap(other.text_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    std::swap(pinned_bytes_, other.pinned_bytes_);
    refs_.swap(other.refs_);
  }

  // --- writing ----------------------------------------------------------------------------
  // Returns at least `bytes` of room to write to; follow with commit().
  char* reserve(std::size_t bytes) {
    if (capacity_ - size_ < bytes) grow(bytes);
    return text_.get() + size_;
  }
  void commit(std::size_t bytes) { size_ += bytes; }
  void append(std::string_view bytes) {
    if (bytes.empty()) return;
    copy_bytes(reserve(bytes.size()), bytes.data(), bytes.size());
    commit(bytes.size());
  }
  // Refers to bytes that stay in place until the pin is released.
  void append_pinned(std::string_view bytes, Pin pin) {
    refs_.push_back(Ref{size_, bytes, pin});
    pinned_bytes_ += bytes.size();
  }
  // Moves all of `other` behind what is here. `other` is empty afterwards.
  void append(Output&& other) {
    if (other.empty()) return;
    if (empty()) {
      swap(other);
      other.clear();
      return;
    }
    // Whatever needs memory comes first, so that a pin never belongs to both.
    reserve(other.size_);
    const std::size_t own_refs = refs_.size();
    refs_.insert(refs_.end(), other.refs_.begin(), other.refs_.end());
    for (std::size_t i = own_refs; i != refs_.size(); ++i) refs_[i].at += size_;
    pinned_bytes_ += other.pinned_bytes_;
    append(std::string_view(other.text_.get(), other.size_));
    other.clear();
  }
  // True if no further reply may begin before some bytes are sent. A reply that has begun is
  // completed.
  bool full() const {
    return size_ >= limits_.text_bytes || size() >= limits_.all_bytes ||
           refs_.size() >= limits_.refs;
  }
  // True if it is better to refer to a value of this length than to copy it. For a short value that
  // is so only when copies have used much of the limit.
  bool prefers_pin(std::size_t length) const {
    return length > limits::kPinnedValueBytes ||
           (length > limits::kSmallValueBytes && size_ > limits_.text_bytes / 2);
  }
  // True if a value of this length may be copied although prefers_pin() says otherwise.
  bool may_copy(std::size_t length) const { return size_ + length <= limits_.text_bytes; }

  // --- sending ----------------------------------------------------------------------------
  std::size_t size() const { return size_ + pinned_bytes_; }
  bool empty() const { return size() == 0; }
  std::size_t text_size() const { return size_; }  // the size of the copied text
  std::size_t ref_count() const { return refs_.size(); }
  // Calls visit(std::string_view) for each span of the bytes, in order.
  template <typename Visit>
  void for_each_span(Visit&& visit) const {
    std::size_t from = 0;
    for (const Ref& ref : refs_) {
      if (ref.at > from) visit(std::string_view(text_.get() + from, ref.at - from));
      visit(ref.bytes);
      from = ref.at;
    }
    if (size_ > from) visit(std::string_view(text_.get() + from, size_ - from));
  }
  bool has_pins() const { return !refs_.empty(); }
  template <typename Visit>
  void for_each_pin(Visit&& visit) const {
    for (const Ref& ref : refs_) visit(ref.pin);
  }
  // Forgets everything and keeps the buffer. REQUIRES: the pins were released.
  void clear() {
    size_ = 0;
    pinned_bytes_ = 0;
    refs_.clear();
  }
  std::size_t capacity() const { return capacity_; }
  // Gives the buffer's memory back, for an idle connection. REQUIRES: empty().
  void release_memory() { Output().swap(*this); }

 private:
  struct Ref {
    std::size_t at;  // position in text_: the reference stands before this byte
    std::string_view bytes;
    Pin pin;
  };
  void grow(std::size_t bytes) {
    std::size_t capacity = capacity_ < 1024 ? 1024 : capacity_ * 2;
    while (capacity - size_ < bytes) capacity *= 2;
    std::unique_ptr<char[]> text(new char[capacity]);
    if (size_ != 0) std::memcpy(text.get(), text_.get(), size_);
    text_ = std::move(text);
    capacity_ = capacity;
  }

  OutputLimits limits_;
  std::unique_ptr<char[]> text_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  std::size_t pinned_bytes_ = 0;
  std::vector<Ref> refs_;
};

}  // namespace isocache
