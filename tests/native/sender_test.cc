#include "native/connection/sender.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <string>

#include "native/base/file_descriptor.h"

namespace isocache {
namespace {

struct SocketPair {
  FileDescriptor ours;
  FileDescriptor theirs;
  SocketPair() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
    ours = FileDescriptor(ends[0]);
    theirs = FileDescriptor(ends[1]);
  }
  // The bytes that have arrived.
  std::string receive() const {
    std::string all;
    std::array<char, 4096> buffer{};
    for (;;) {
      const ssize_t count = ::recv(theirs.get(), buffer.data(), buffer.size(), 0);
      if (count <= 0) return all;
      all.append(buffer.data(), static_cast<std::size_t>(count));
    }
  }
};

TEST(Sender, SendsTextAndReferencesInOrder) {
  const SocketPair sockets;
  Output output;
  output.append("head ");
  output.append_pinned("pinned", {});
  output.append(" tail");
  Sender sender;
  EXPECT_EQ(sender.send(sockets.ours.get(), output), Sender::Result::kSent);
  EXPECT_EQ(sockets.receive(), "head pinned tail");
}

TEST(Sender, GoesOnWhereAFullSocketStopped) {
  const SocketPair sockets;
  const std::string large(300'000, 'L');
  Output output;
  std::string expected;
  for (int n = 0; n < 200; ++n) {  // more spans than one call gathers
    const std::string text = "item " + std::to_string(n) + " ";
    output.append(text);
    output.append_pinned(std::string_view(large).substr(0, 5000), {});
    expected += text + large.substr(0, 5000);
  }
  output.append_pinned(large, {});
  expected += large;

  Sender sender;
  std::string received;
  int blocked = 0;
  while (sender.send(sockets.ours.get(), output) == Sender::Result::kBlocked) {
    ++blocked;
    received += sockets.receive();
  }
  received += sockets.receive();
  EXPECT_GT(blocked, 0);
  EXPECT_TRUE(received == expected);
}

TEST(Sender, TellsABrokenConnection) {
  const SocketPair sockets;
  ::shutdown(sockets.ours.get(), SHUT_RDWR);
  Output output;
  output.append("x");
  Sender sender;
  EXPECT_EQ(sender.send(sockets.ours.get(), output), Sender::Result::kFailed);
}

}  // namespace
}  // namespace isocache
