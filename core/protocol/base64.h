// Base64 with padding (RFC 4648, section 4), for binary keys.
#pragma once

#include <cstddef>
#include <string_view>

namespace isocache {

inline constexpr std::size_t base64_length(std::size_t bytes) { return (bytes + 2) / 3 * 4; }

// Writes base64_length(bytes.size()) bytes and returns the end.
char* base64_encode(std::string_view bytes, char* to);

// Writes the decoded bytes to `to` (room: 3/4 of text) and sets *length. Returns false if `text` is
// empty, if its length is not a multiple of 4, or if it holds anything but the alphabet and padding
// at its end.
bool base64_decode(std::string_view text, char* to, std::size_t* length);

// As memcached reads keys: letters outside the alphabet are skipped, and the first group of four
// with padding is the last. Returns false if the letters that count are no whole groups, if there
// are none, or if the last group has more than two '='.
bool base64_decode_loosely(std::string_view text, char* to, std::size_t* length);

}  // namespace isocache
