#include "simulation/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace isocache::simulation {
namespace {

constexpr std::size_t kPatternBytes = 2U << 20;
constexpr std::size_t kStarts = 1U << 16;  // where in the pattern a value may begin

// No two sections of it are equal.
const std::string& pattern() {
  static const std::string bytes = [] {
    std::string made(kPatternBytes, '\0');
    std::uint64_t state = 1;
    for (char& c : made) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      c = static_cast<char>(state >> 56U);
    }
    return made;
  }();
  return bytes;
}

std::string_view body(KeyId key, Version version, std::size_t length) {
  const std::size_t start = (std::size_t{version} * 7919 + key * 104729) % kStarts;
  return std::string_view(pattern()).substr(start, length);
}

bool read_hex(std::string_view text, std::uint32_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

void append_chunk(KeyId key, Version version, std::size_t length, std::string& to) {
  fmt::format_to(std::back_inserter(to), "k{:04x}v{:08x}l{:08x}", key, version, length);
  to += body(key, version, length - kChunkHeadBytes);
}

Chunks read_chunks(KeyId key, std::string_view value) {
  Chunks chunks;
  const std::size_t whole = value.size();
  while (!value.empty()) {
    std::uint32_t owner = 0;
    std::uint32_t version = 0;
    std::uint32_t length = 0;
    const std::size_t at = whole - value.size();
    const bool reads = value.size() >= kChunkHeadBytes && read_hex(value.substr(1, 4), owner) &&
                       read_hex(value.substr(6, 8), version) &&
                       read_hex(value.substr(15, 8), length) && length >= kChunkHeadBytes;
    if (!reads) {
      chunks.wrong = fmt::format("wrong bytes at {} of {}", at, whole);
      return chunks;
    }
    if (owner != key) {
      chunks.wrong =
          fmt::format("bytes of key {} (version {}) at {} of {}", owner, version, at, whole);
      return chunks;
    }
    if (length > value.size()) {
      chunks.wrong =
          fmt::format("version {} ends after {} of {} bytes", version, value.size(), length);
      return chunks;
    }
    const std::string_view expected = body(key, version, length - kChunkHeadBytes);
    const std::string_view got = value.substr(kChunkHeadBytes, length - kChunkHeadBytes);
    if (std::memcmp(expected.data(), got.data(), got.size()) != 0) {
      const auto differs = std::mismatch(got.begin(), got.end(), expected.begin()).first;
      chunks.wrong =
          fmt::format("version {} of {} bytes is wrong from byte {} on", version, length,
                      differs - got.begin() + static_cast<std::ptrdiff_t>(kChunkHeadBytes));
      return chunks;
    }
    chunks.versions.push_back(version);
    value.remove_prefix(length);
  }
  return chunks;
}

}  // namespace isocache::simulation
