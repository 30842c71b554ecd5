#include "native/base/socket_queues.h"

#include <linux/sockios.h>
#include <poll.h>
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

OtherEnd look_at_other_end(int socket) {
  pollfd asked{.fd = socket, .events = POLLRDHUP, .revents = 0};
  if (::poll(&asked, 1, 0) != 1) return OtherEnd::kOpen;
  return (asked.revents & (POLLHUP | POLLERR)) != 0 ? OtherEnd::kGone : OtherEnd::kEnded;
}

}  // namespace isocache
