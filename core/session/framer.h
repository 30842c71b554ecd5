// The input at hand, and the position of the next command in it. It knows lines and lengths, but no
// commands.
//
//   text:  "get a\r\n" "set b 0 0 5\r\n" "hel"
//           next_line()  next_line()      await(value's end): nothing before the rest has come
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"

namespace isocache {

class Framer {
 public:
  // What was just fed, or what was kept; requests view it. take() shortens it from the front.
  std::string_view text;

  // Forgets what it knows about the front of the text, because that has moved.
  void restart(std::string_view moved_text) {
    text = moved_text;
    scanned_ = awaited_ = 0;
  }
  void take(std::size_t bytes) { restart(text.substr(bytes)); }

  // The next `bytes` bytes to come are skipped: the value of a refused command.
  void swallow(std::uint64_t bytes) { swallow_ = bytes; }
  // The rest of the line at the front is skipped, too. Its end may not have come.
  void skip_line() { skipping_line_ = true; }
  // Drops bytes that are to be skipped. Returns false if more of them are still to come.
  bool skip() {
    if (swallow_ == 0 && !skipping_line_) [[likely]]
      return true;
    return skip_some();
  }
  bool is_skipping() const { return swallow_ != 0 || skipping_line_; }
  // For returning to a position where nothing was skipped.
  void stop_skipping() {
    swallow_ = 0;
    skipping_line_ = false;
  }

  // The command at the front has that many bytes in all. Nothing is parsed before they have come.
  void await(std::size_t bytes) { awaited_ = bytes; }
  std::size_t awaited() const { return awaited_; }
  // True if no bytes have come that could change what is known about the front.
  bool is_incomplete() const { return text.size() < awaited_ || text.size() == scanned_; }
  // The position of the newline of the line at the front; text.size() if it has not come. Each byte
  // is visited once, in however many pieces the line comes.
  std::size_t find_newline() const {
    const std::size_t from = awaited_ != 0 ? 0 : scanned_;
    const char* const end = text.data() + text.size();
    return static_cast<std::size_t>(find_byte(text.data() + from, end, '\n') - text.data());
  }
  // No newline is in the text.
  void note_scanned() { scanned_ = text.size(); }

 private:
  bool skip_some() {
    const auto bytes = static_cast<std::size_t>(std::min<std::uint64_t>(swallow_, text.size()));
    text.remove_prefix(bytes);
    swallow_ -= bytes;
    if (swallow_ != 0) return false;
    if (!skipping_line_) return true;
    const std::size_t newline = text.find('\n');
    skipping_line_ = newline == std::string_view::npos;
    take(skipping_line_ ? text.size() : newline + 1);
    return !skipping_line_;
  }

  std::size_t scanned_ = 0;  // bytes at the front of the text that hold no newline
  // length of the command at the front, including its value; 0: not known
  std::size_t awaited_ = 0;
  std::uint64_t swallow_ = 0;
  bool skipping_line_ = false;
};

// A line up to its newline, without the line end, which may be "\n" alone.
inline std::string_view without_line_end(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace isocache
