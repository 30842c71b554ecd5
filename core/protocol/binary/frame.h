// The frames of memcached's binary protocol. A request and a reply have the same layout; numbers
// are big-endian.
//
//         0          1          2          3          4          5          6          7
//    0  magic      opcode     key length            extras     data type  request: vbucket
//                                                   length                reply: status
//    8  body length                                 opaque
//   16  cas
//   24  extras, key, value: together the body
//
// A reply repeats the opcode and the opaque of its request. Data type and vbucket are not looked
// at.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace isocache::binary {

inline constexpr char kRequestMagic = '\x80';
inline constexpr char kReplyMagic = '\x81';
inline constexpr std::size_t kHeaderBytes = 24;

// No text command begins with this byte.
inline bool begins_frame(std::string_view bytes) { return bytes.starts_with(kRequestMagic); }

enum class Opcode : std::uint8_t {
  kGet = 0x00,
  kSet = 0x01,
  kAdd = 0x02,
  kReplace = 0x03,
  kDelete = 0x04,
  kIncrement = 0x05,
  kDecrement = 0x06,
  kQuit = 0x07,
  kFlush = 0x08,
  kGetQ = 0x09,
  kNoop = 0x0A,
  kVersion = 0x0B,
  kGetK = 0x0C,
  kGetKQ = 0x0D,
  kAppend = 0x0E,
  kPrepend = 0x0F,
  kStat = 0x10,
  kSetQ = 0x11,
  kAddQ = 0x12,
  kReplaceQ = 0x13,
  kDeleteQ = 0x14,
  kIncrementQ = 0x15,
  kDecrementQ = 0x16,
  kQuitQ = 0x17,
  kFlushQ = 0x18,
  kAppendQ = 0x19,
  kPrependQ = 0x1A,
  kTouch = 0x1C,
  kGat = 0x1D,
  kGatQ = 0x1E,
  kSaslList = 0x20,
  kSaslAuth = 0x21,
  kSaslStep = 0x22,
  kGatK = 0x23,
  kGatKQ = 0x24,
};

enum class Status : std::uint16_t {
  kOk = 0x00,
  kNotFound = 0x01,
  kExists = 0x02,
  kTooLarge = 0x03,
  kInvalid = 0x04,
  kNotStored = 0x05,
  kNonNumeric = 0x06,
  kAuthError = 0x20,
  kAuthContinue = 0x21,
  kUnknownCommand = 0x81,
  kNoMemory = 0x82,
};

// The body of a reply that has nothing else to say, in memcached's words. Empty for kOk.
std::string_view text_of(Status status);

static_assert(std::endian::native == std::endian::little);
inline std::uint16_t swap_bytes(std::uint16_t number) { return __builtin_bswap16(number); }
inline std::uint32_t swap_bytes(std::uint32_t number) { return __builtin_bswap32(number); }
inline std::uint64_t swap_bytes(std::uint64_t number) { return __builtin_bswap64(number); }

template <typename Number>
Number read_number(const char* at) {
  Number number;
  std::memcpy(&number, at, sizeof number);
  return swap_bytes(number);
}

// Returns the end.
template <typename Number>
char* write_number(char* to, Number number) {
  const Number swapped = swap_bytes(number);
  std::memcpy(to, &swapped, sizeof swapped);
  return to + sizeof swapped;
}

// A request's header. Views its bytes.
class Header {
 public:
  // REQUIRES: kHeaderBytes bytes.
  explicit Header(const char* at) : at_(at) {}

  std::uint8_t opcode() const { return static_cast<std::uint8_t>(at_[kOpcodeAt]); }
  bool is(Opcode wanted) const { return static_cast<Opcode>(opcode()) == wanted; }
  std::size_t key_length() const { return read_number<std::uint16_t>(at_ + kKeyLengthAt); }
  std::size_t extras_length() const { return static_cast<unsigned char>(at_[kExtrasLengthAt]); }
  std::uint32_t body_length() const { return read_number<std::uint32_t>(at_ + kBodyLengthAt); }
  std::uint32_t opaque() const { return read_number<std::uint32_t>(at_ + kOpaqueAt); }
  std::uint64_t cas() const { return read_number<std::uint64_t>(at_ + kCasAt); }

  // Extras and key are part of the body.
  bool adds_up() const { return extras_length() + key_length() <= body_length(); }
  // REQUIRES: adds_up().
  std::size_t value_length() const { return body_length() - extras_length() - key_length(); }

 private:
  static constexpr std::size_t kOpcodeAt = 1;
  static constexpr std::size_t kKeyLengthAt = 2;
  static constexpr std::size_t kExtrasLengthAt = 4;
  static constexpr std::size_t kBodyLengthAt = 8;
  static constexpr std::size_t kOpaqueAt = 12;
  static constexpr std::size_t kCasAt = 16;

  const char* at_;
};

// SASL.
inline bool is_login(const Header& header) {
  return header.is(Opcode::kSaslList) || header.is(Opcode::kSaslAuth) ||
         header.is(Opcode::kSaslStep);
}

}  // namespace isocache::binary
