// What the kernel knows of a connection: how many bytes it holds in either direction, and whether
// the other end has left.
#pragma once

#include <cstddef>
#include <cstdint>

namespace isocache {

// Bytes that we sent and that the other end's kernel has not acknowledged. The end of the stream
// counts as a byte. On a unix socket: bytes that the other end has not read. 0 if the kernel cannot
// tell.
std::size_t unacknowledged_bytes(int socket);
// Bytes that were received and that we have not read. 0 if the kernel cannot tell.
std::size_t unread_bytes(int socket);

enum class OtherEnd : std::uint8_t {
  kOpen,
  kEnded,  // it sends nothing after what it has sent, but may read
  kGone,   // the connection is broken
};
OtherEnd look_at_other_end(int socket);

}  // namespace isocache
