// The streams of `watch`: what a watcher may ask for. Each event belongs to one of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace isocache {

enum class WatchStream : std::uint8_t {
  kFetchers,
  kMutations,
  kEvictions,
  kDeletions,
  kConnections
};
inline constexpr std::size_t kWatchStreams = 5;

class StreamSet {
 public:
  constexpr StreamSet() = default;
  constexpr StreamSet(WatchStream stream)  // a set of one
      : bits_(static_cast<std::uint8_t>(1U << static_cast<unsigned>(stream))) {}
  constexpr bool has(WatchStream stream) const { return (bits_ & StreamSet(stream).bits_) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  constexpr void add(StreamSet other) { bits_ = static_cast<std::uint8_t>(bits_ | other.bits_); }
  constexpr bool operator==(const StreamSet&) const = default;

 private:
  std::uint8_t bits_ = 0;
};

struct WatchWord {
  std::string_view word;
  StreamSet streams;
};

// Null: memcached has no such word.
const WatchWord* find_watch_word(std::string_view word);

}  // namespace isocache
