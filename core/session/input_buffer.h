// Keeps the bytes of an incomplete command. Holds no memory while empty.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace isocache {

class InputBuffer {
 public:
  bool empty() const { return begin_ == end_; }
  std::size_t size() const { return end_ - begin_; }
  std::string_view view() const { return {bytes_.get() + begin_, size()}; }

  // `expected`: how long the content will probably become.
  void append(std::string_view bytes, std::size_t expected) {
    if (bytes.empty()) return;
    if (capacity_ - end_ < bytes.size()) make_room(bytes.size(), expected);
    std::memcpy(bytes_.get() + end_, bytes.data(), bytes.size());
    end_ += bytes.size();
  }
  void consume(std::size_t count) {
    begin_ += count;
    if (empty()) clear();
  }
  void clear() {
    bytes_.reset();
    begin_ = end_ = capacity_ = 0;
  }

 private:
  static constexpr std::size_t kMinBytes = 64;

  void make_room(std::size_t more, std::size_t expected) {
    const std::size_t kept = size();
    if (capacity_ >= kept + more && begin_ >= kept) {  // at least half is free: worth moving
      std::memcpy(bytes_.get(), bytes_.get() + begin_, kept);
    } else {
      const std::size_t needed = std::max({kMinBytes, kept + more, expected});
      // A client that does not read its replies usually sends a few bytes and then one full read,
      // so it gets room for just that. If bytes come in small pieces, the buffer doubles.
      capacity_ = more >= kept ? needed : std::bit_ceil(needed);
      std::unique_ptr<char[]> grown(new char[capacity_]);
      if (kept != 0) std::memcpy(grown.get(), bytes_.get() + begin_, kept);
      bytes_ = std::move(grown);
    }
    begin_ = 0;
    end_ = kept;
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace isocache
