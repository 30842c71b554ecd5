// Frames of the binary protocol, made and taken apart for tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/binary/frame.h"

namespace isocache::binary {

template <typename Number>
std::string number_bytes(Number number) {
  std::string bytes(sizeof number, '\0');
  write_number(bytes.data(), number);
  return bytes;
}

// What a request has besides its opcode.
struct FrameParts {
  std::string key = {};
  std::string value = {};
  std::string extras = {};
  std::uint64_t cas = 0;
  std::uint32_t opaque = 0;
};

inline std::string frame(Opcode opcode, const FrameParts& parts = {}, char magic = kRequestMagic) {
  std::string bytes{magic, static_cast<char>(opcode)};
  bytes += number_bytes(static_cast<std::uint16_t>(parts.key.size()));
  bytes += static_cast<char>(parts.extras.size());
  bytes += std::string(3, '\0');  // data type, vbucket
  const std::string body = parts.extras + parts.key + parts.value;
  bytes += number_bytes(static_cast<std::uint32_t>(body.size()));
  bytes += number_bytes(parts.opaque);
  bytes += number_bytes(parts.cas);
  return bytes + body;
}

inline std::string store_extras(std::uint32_t client_flags = 0, std::uint32_t exptime = 0) {
  return number_bytes(client_flags) + number_bytes(exptime);
}
inline std::string number_extras(std::uint64_t delta, std::uint64_t initial,
                                 std::uint32_t exptime) {
  return number_bytes(delta) + number_bytes(initial) + number_bytes(exptime);
}

inline std::string set_frame(std::string key, std::string value, std::uint64_t cas = 0) {
  return frame(
      Opcode::kSet,
      {.key = std::move(key), .value = std::move(value), .extras = store_extras(), .cas = cas});
}
inline std::string get_frame(std::string key) {
  return frame(Opcode::kGet, {.key = std::move(key)});
}

struct Reply {
  Opcode opcode = {};
  Status status = {};
  std::string extras;
  std::string key;
  std::string value;
  std::uint64_t cas = 0;
  std::uint32_t opaque = 0;
};

// Whole replies. Anything else at the end is an empty reply with status kInvalid.
inline std::vector<Reply> parse_replies(std::string_view bytes) {
  std::vector<Reply> replies;
  while (!bytes.empty()) {
    Reply& reply = replies.emplace_back();
    reply.status = Status::kInvalid;
    if (bytes.size() < kHeaderBytes || bytes.front() != kReplyMagic) break;
    const Header header(bytes.data());
    if (!header.adds_up() || bytes.size() - kHeaderBytes < header.body_length()) break;
    reply.opcode = static_cast<Opcode>(header.opcode());
    reply.status = static_cast<Status>(read_number<std::uint16_t>(bytes.data() + 6));
    reply.opaque = header.opaque();
    reply.cas = header.cas();
    const std::string_view body = bytes.substr(kHeaderBytes, header.body_length());
    reply.extras = body.substr(0, header.extras_length());
    reply.key = body.substr(header.extras_length(), header.key_length());
    reply.value = body.substr(header.extras_length() + header.key_length());
    bytes.remove_prefix(kHeaderBytes + body.size());
  }
  return replies;
}

}  // namespace isocache::binary
