// Socket addresses as text, in memcached's words.
#pragma once

#include <sys/socket.h>

#include <string>

namespace isocache {

// "127.0.0.1:11211", "[::1]:11211", "unix:/run/isocached.sock".
std::string address_text(const sockaddr_storage& address);
// The address of this end of a socket, or of the other, as `stats conns` shows it:
// "tcp:127.0.0.1:11211", "tcp6:[::1]:11211", "unix:/run/isocached.sock".
std::string local_address(int fd);
std::string peer_address(int fd);
// True if this end has a loopback address, or no network address at all: only this machine reaches
// it.
bool is_on_loopback(int fd);

}  // namespace isocache
