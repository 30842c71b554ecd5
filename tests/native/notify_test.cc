// Messages to a service manager that is slow to listen. tests/e2e tests when they are sent.
#include "native/process/notify.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>

#include "native/base/file_descriptor.h"

namespace isocache {
namespace {

// The manager's socket, with an abstract name; its queue is full.
class BusyManager {
 public:
  BusyManager() : socket_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    const std::string name = "isocached-notify-" + std::to_string(::getpid());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    name.copy(&address.sun_path[1], sizeof(address.sun_path) - 1);
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
    const auto* const generic = reinterpret_cast<const sockaddr*>(&address);
    EXPECT_EQ(::bind(socket_.get(), generic, length), 0);
    ::setenv("NOTIFY_SOCKET", ("@" + name).c_str(), 1);
    const FileDescriptor other(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0));
    while (::sendto(other.get(), "other", 5, 0, generic, length) == 5) {
    }
  }
  ~BusyManager() { ::unsetenv("NOTIFY_SOCKET"); }
  // The next message that the server sent.
  std::string receive() const {
    std::array<char, 1000> buffer{};
    for (;;) {
      const ssize_t count = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
      if (count < 0) return "(nothing)";
      const std::string text(buffer.data(), static_cast<std::size_t>(count));
      if (text != "other") return text;
    }
  }

 private:
  FileDescriptor socket_;
};

TEST(ServiceManager, WhatIsSaidOnceWaitsForAFullQueue) {
  const BusyManager manager;
  ServiceManager notify;
  std::string received;
  std::thread listener([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    received = manager.receive();
  });
  notify.ready("Serving");
  listener.join();
  EXPECT_TRUE(received.starts_with("READY=1\nSTATUS=Serving\nMAINPID=")) << received;
}

TEST(ServiceManager, ASignOfLifeDoesNot) {
  const BusyManager manager;
  ServiceManager notify;
  const auto begin = std::chrono::steady_clock::now();
  notify.alive();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(500));
}

}  // namespace
}  // namespace isocache
