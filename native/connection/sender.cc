#include "native/connection/sender.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <string_view>

namespace isocache {
namespace {

// The first spans after `skip` bytes. A reply with a large value is three spans.
struct Gathered {
  std::array<iovec, 96> spans;
  std::size_t count = 0;

  Gathered(const Output& output, std::size_t skip) {
    output.for_each_span([&](std::string_view span) {
      if (span.size() <= skip) {
        skip -= span.size();
        return;
      }
      if (count == spans.size()) return;
      // sendmsg does not write through the pointer; its type is older than const.
      spans[count++] = {const_cast<char*>(span.data()) + skip, span.size() - skip};
      skip = 0;
    });
  }
};

ssize_t send_once(int fd, Gathered& gathered) {
  if (gathered.count == 1) {  // for one span, send() copies no header and no vector from user space
    return ::send(fd, gathered.spans[0].iov_base, gathered.spans[0].iov_len, MSG_NOSIGNAL);
  }
  msghdr message{};
  message.msg_iov = gathered.spans.data();
  message.msg_iovlen = gathered.count;
  return ::sendmsg(fd, &message, MSG_NOSIGNAL);
}

}  // namespace

Sender::Result Sender::send(int fd, const Output& output) {
  const std::size_t share_ends = sent_ + kTurnBytes;
  while (sent_ < output.size()) {
    if (sent_ >= share_ends) return Result::kMore;
    Gathered gathered(output, sent_);
    const ssize_t sent = send_once(fd, gathered);
    if (sent >= 0) {
      sent_ += static_cast<std::size_t>(sent);
    } else if (errno == EAGAIN) {
      return Result::kBlocked;
    } else if (errno != EINTR) {
      return Result::kFailed;
    }
  }
  return Result::kSent;
}

}  // namespace isocache
