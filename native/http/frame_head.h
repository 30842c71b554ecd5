// The head of a binary frame that we send: a whole message, not compressed (RFC 6455, 5.2).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace isocache {

class FrameHead {
 public:
  // Valid until the next call.
  std::span<const unsigned char> set(std::uint64_t payload_bytes) {
    bytes_[0] = kFinalBinary;
    // bytes of the extended length, used if it does not fit into the second byte
    std::size_t extended = 0;
    if (payload_bytes > 0xffff) {
      extended = 8;
      bytes_[1] = kLengthIn8Bytes;
    } else if (payload_bytes >= kLengthIn2Bytes) {
      extended = 2;
      bytes_[1] = kLengthIn2Bytes;
    } else {
      bytes_[1] = static_cast<unsigned char>(payload_bytes);
    }
    for (std::size_t i = 0; i < extended; ++i) {
      bytes_[2 + i] = static_cast<unsigned char>(payload_bytes >> (8 * (extended - 1 - i)));
    }
    return std::span(bytes_).first(2 + extended);
  }

 private:
  static constexpr unsigned char kFinalBinary = 0x82;
  static constexpr unsigned char kLengthIn2Bytes = 126;
  static constexpr unsigned char kLengthIn8Bytes = 127;

  std::array<unsigned char, 10> bytes_{};
};

}  // namespace isocache
