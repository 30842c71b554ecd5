#include "native/base/socket_queues.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <algorithm>

namespace isocache {
namespace {

std::size_t ask(int socket, unsigned long what) {
  int bytes = 0;
  if (::ioctl(socket, what, &bytes) != 0) return 0;
  return static_cast<std::size_t>(std::max(bytes, 0));
}

}  // namespace

std::size_t unacknowledged_bytes(int socket) { return ask(socket, SIOCOUTQ); }
std::size_t unread_bytes(int socket) { return ask(socket, SIOCINQ); }

}  // namespace isocache
