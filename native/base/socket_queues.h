// What the kernel holds of a connection, in either direction.
#pragma once

#include <cstddef>

namespace isocache {

// Sent by us and not yet acknowledged by the other end's kernel; the end of the stream counts as a
// byte. Of a unix socket: not yet read by the other end. 0 if the kernel cannot tell.
std::size_t unacknowledged_bytes(int socket);
// Received and not yet read by us. 0 if the kernel cannot tell.
std::size_t unread_bytes(int socket);

}  // namespace isocache
