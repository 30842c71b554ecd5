// How many bytes the kernel holds for a connection, in either direction.
#pragma once

#include <cstddef>

namespace isocache {

// Bytes that we sent and that the other end's kernel has not acknowledged. The end of the stream
// counts as a byte. On a unix socket: bytes that the other end has not read. 0 if the kernel cannot
// tell.
std::size_t unacknowledged_bytes(int socket);
// Bytes that were received and that we have not read. 0 if the kernel cannot tell.
std::size_t unread_bytes(int socket);

}  // namespace isocache
