#include "native/net/passed_sockets.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "native/base/errors.h"
#include "native/base/parse_number.h"

namespace isocache {
namespace {

constexpr int kFirst = 3;  // sd_listen_fds(3): behind the standard streams

std::string_view variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

int option_of(int fd, int option) {
  int value = 0;
  socklen_t length = sizeof value;
  return ::getsockopt(fd, SOL_SOCKET, option, &value, &length) == 0 ? value : -1;
}

unsigned passed_count() {
  std::int64_t pid = 0;
  unsigned count = 0;
  if (!parse_number(variable("LISTEN_PID"), pid) || pid != ::getpid()) return 0;
  return parse_number(variable("LISTEN_FDS"), count) ? count : 0;
}

FileDescriptor take(int fd) {
  if (option_of(fd, SO_TYPE) != SOCK_STREAM || option_of(fd, SO_ACCEPTCONN) != 1) {
    throw SystemError(
        fmt::format("LISTEN_FDS: descriptor {} is no stream socket that listens", fd));
  }
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  return FileDescriptor(fd);
}

}  // namespace

bool sockets_are_passed() { return passed_count() != 0; }

std::vector<PassedSocket> take_passed_sockets() {
  std::vector<PassedSocket> sockets;
  const unsigned count = passed_count();
  std::string_view names = variable("LISTEN_FDNAMES");
  for (unsigned i = 0; i < count; ++i) {
    const std::size_t end = names.find(':');
    sockets.push_back({take(kFirst + static_cast<int>(i)), std::string(names.substr(0, end))});
    names = end == std::string_view::npos ? std::string_view() : names.substr(end + 1);
  }
  return sockets;
}

}  // namespace isocache
