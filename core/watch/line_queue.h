// The lines that one watcher has still to read: a bounded queue of bytes. A line that finds no room
// is skipped, and the next line that does find room is told behind `skipped=<how many>`.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace isocache {

class LineQueue {
 public:
  // False: there is no memory.
  bool open(std::size_t bytes);

  bool empty() const { return used_ == 0; }
  // Whether a line of that length finds room, with the word about skipped lines before it.
  bool has_room(std::size_t bytes) const { return capacity_ - used_ >= bytes + kSkippedBytes; }
  // REQUIRES: has_room().
  void push(std::string_view line) {
    tell_skipped();
    append(line);
  }
  void skip(std::uint64_t lines) { skipped_ += lines; }
  // Writes the word about skipped lines, if there is room for it. True: it was written.
  bool tell_skipped();

  // The first bytes, as far as they lie in one piece.
  std::string_view front() const {
    return {bytes_.get() + first_, std::min(used_, capacity_ - first_)};
  }
  // REQUIRES: bytes <= front().size().
  void pop(std::size_t bytes) {
    first_ = (first_ + bytes) % capacity_;
    used_ -= bytes;
  }

  static constexpr std::size_t kSkippedBytes = 32;  // "skipped=<20 digits>\n"

 private:
  void append(std::string_view text);

  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = 0;
  std::size_t first_ = 0;
  std::size_t used_ = 0;
  std::uint64_t skipped_ = 0;
};

}  // namespace isocache
