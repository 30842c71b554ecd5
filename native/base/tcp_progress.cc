// A file of its own, because linux/tcp.h and netinet/tcp.h exclude each other. Asio includes the
// latter, which lacks tcpi_bytes_acked.
#include "native/base/tcp_progress.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace isocache {

std::uint64_t bytes_acknowledged(int fd) {
  tcp_info info{};
  socklen_t length = sizeof(info);
  return ::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 ? info.tcpi_bytes_acked : 0;
}

}  // namespace isocache
