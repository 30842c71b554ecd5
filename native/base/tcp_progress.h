// Tells whether the other end of a TCP connection still takes what we send.
#pragma once

#include <cstdint>

namespace isocache {

// How many sent bytes the other end has acknowledged since the connection was made. 0 if the socket
// is not a TCP socket.
std::uint64_t bytes_acknowledged(int fd);

}  // namespace isocache
