// The tokens of a command line. Only spaces separate them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/inline.h"

namespace isocache {

// Sets the high bit of each byte that is a space. Only the lowest of these bits is reliable.
inline std::uint64_t spaces_in(std::uint64_t word) {
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  constexpr std::uint64_t kHighs = 0x8080808080808080U;
  word ^= kOnes * ' ';  // spaces become zero bytes
  return (word - kOnes) & ~word & kHighs;
}

// The first space in [at, end), or end. Reads eight bytes at a time while there are eight: most
// keys are longer, and most shorter tokens are not at the end of the line.
ISOCACHE_INLINE_ONLY_NATIVELY inline const char* find_space(const char* at, const char* end) {
  const auto word_at = [](const char* from) {
    std::uint64_t word;
    std::memcpy(&word, from, sizeof word);
    return word;
  };
  const char* const begin = at;
  while (end - at >= 8) {
    const std::uint64_t found = spaces_in(word_at(at));
    if (found != 0) return at + (static_cast<unsigned>(__builtin_ctzll(found)) >> 3U);
    at += 8;
  }
  if (at == end) return end;
  if (end - begin >= 8) {  // reads the last eight bytes, some of them for the second time
    const std::uint64_t found = spaces_in(word_at(end - 8));
    return found == 0 ? end : end - 8 + (static_cast<unsigned>(__builtin_ctzll(found)) >> 3U);
  }
  while (at != end && *at != ' ') ++at;
  return at;
}

class Tokens {
 public:
  explicit Tokens(std::string_view line) : at_(line.data()), end_(line.data() + line.size()) {}

  // The next token; empty at the end of the line.
  std::string_view next() {
    while (at_ != end_ && *at_ == ' ') ++at_;
    const char* const begin = at_;
    if (end_ - at_ >= 2 && at_[1] == ' ') {  // most flags and many numbers have one byte
      at_ += 1;
    } else {
      at_ = find_space(at_, end_);
    }
    return {begin, static_cast<std::size_t>(at_ - begin)};
  }
  // The part of the line that next() has not taken.
  std::string_view rest() const { return {at_, static_cast<std::size_t>(end_ - at_)}; }

 private:
  const char* at_;
  const char* end_;
};

// The line's last token; empty if there is none.
inline std::string_view last_token(std::string_view line) {
  std::size_t end = line.size();
  while (end != 0 && line[end - 1] == ' ') --end;
  std::size_t begin = end;
  while (begin != 0 && line[begin - 1] != ' ') --begin;
  return line.substr(begin, end - begin);
}

}  // namespace isocache
