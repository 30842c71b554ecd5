#include "native/process/notify.h"

#include <fmt/format.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>

#include "native/base/parse_number.h"

namespace isocache {
namespace {

constexpr timeval kSendLimit{.tv_sec = 2, .tv_usec = 0};

std::string_view variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

std::int64_t watchdog_interval() {
  std::int64_t limit_us = 0;
  std::int64_t pid = ::getpid();
  if (!parse_number(variable("WATCHDOG_USEC"), limit_us) || limit_us <= 0) return 0;
  if (const auto of = variable("WATCHDOG_PID"); !of.empty() && !parse_number(of, pid)) return 0;
  if (pid != ::getpid()) return 0;  // WATCHDOG_PID names another process, which started this one
  // Twice in the time that the service manager allows.
  constexpr std::int64_t kUsPerMs = 1000;
  return std::max<std::int64_t>(1, limit_us / kUsPerMs / 2);
}

std::int64_t monotonic_us() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return std::int64_t{time.tv_sec} * 1'000'000 + time.tv_nsec / 1000;
}

}  // namespace

ServiceManager::ServiceManager() {
  const std::string_view path = variable("NOTIFY_SOCKET");
  if (path.size() < 2 || path.size() >= sizeof(address_.sun_path)) return;
  if (path[0] != '/' && path[0] != '@') return;  // another kind of socket, such as vsock:
  address_.sun_family = AF_UNIX;
  std::memcpy(address_.sun_path, path.data(), path.size());
  if (path[0] == '@') address_.sun_path[0] = '\0';  // an abstract name: not in a file system
  address_length_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  socket_ = FileDescriptor(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &kSendLimit, sizeof kSendLimit);
  watchdog_interval_ms_ = watchdog_interval();
}

// If the manager does not listen, there is nothing to do.
void ServiceManager::send(std::string_view lines, int flags) const {
  if (!socket_) return;
  ::sendto(socket_.get(), lines.data(), lines.size(), flags | MSG_NOSIGNAL,
           reinterpret_cast<const sockaddr*>(&address_), address_length_);
}

void ServiceManager::ready(std::string_view status) {
  // With -d, the serving process is not the one that was started.
  send(fmt::format("READY=1\nSTATUS={}\nMAINPID={}", status, ::getpid()));
}

void ServiceManager::reloading() {
  send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}\nSTATUS=Reloading", monotonic_us()));
}

void ServiceManager::stopping(std::string_view status, std::int64_t within_ms) {
  send(fmt::format("STOPPING=1\nSTATUS={}\nEXTEND_TIMEOUT_USEC={}", status, within_ms * 1000));
}

// A sign of life is followed by another. The other messages are sent once, and worth a wait when
// the manager's queue is full.
void ServiceManager::alive() { send("WATCHDOG=1", MSG_DONTWAIT); }

}  // namespace isocache
