// A value that is received straight into item memory.
#pragma once

#include <cstddef>
#include <cstdint>

namespace isocache {

// Plain data. Store::begin_upload() fills it in; end it with commit_upload() or abort_upload().
struct Upload {
  std::uint64_t head = 0;   // location of the item; 0: the upload has not begun
  std::uint64_t piece = 0;  // the piece being filled, or the item itself
  std::size_t piece_filled = 0;
  std::size_t remaining = 0;  // value bytes yet to come
  std::size_t reserved = 0;   // of the store's allowance for uploads
  std::uint64_t ticket = 0;   // its place among those that wait to begin; 0: it does not wait
  explicit operator bool() const { return head != 0; }
};

}  // namespace isocache
