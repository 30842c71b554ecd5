// What a watcher sends is dropped, as in memcached, but for the line `quit`, which ends it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace isocache {

class WatcherInput {
 public:
  // Takes bytes, in any fragmentation. True: one of the lines was `quit`.
  bool drop(std::string_view bytes) {
    for (const char byte : bytes) {
      if (byte == '\n') {
        if (matched_ == kQuit.size()) return true;
        matched_ = 0;
      } else if (byte == '\r' && matched_ == kQuit.size()) {
        // the line ends
      } else if (matched_ < kQuit.size() && byte == kQuit[matched_]) {
        ++matched_;
      } else {
        matched_ = kNoMatch;
      }
    }
    return false;
  }

 private:
  static constexpr std::string_view kQuit = "quit";
  static constexpr std::uint8_t kNoMatch = 0xFF;
  std::uint8_t matched_ = 0;  // how many bytes of the word the line has so far
};

}  // namespace isocache
