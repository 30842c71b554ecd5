// Sockets that linger: which bytes their clients still get, and when they are closed.
#include "native/net/linger.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "http_server_fixture.h"

namespace isocache {
namespace {

using namespace std::chrono_literals;

class LingerTest : public testing::Test {
 protected:
  // Ends the server's side of a new connection at the test's time.
  Client leave(std::string_view said, bool quiet = false, std::string unsent = {}) {
    TcpPair sockets;
    ::send(sockets.server.get(), said.data(), said.size(), MSG_NOSIGNAL);
    Client client(std::move(sockets.client));
    lingering_.add({std::move(sockets.server), std::move(unsent), quiet}, now_ms_);
    return client;
  }
  // Advances the test's time; the kernel's advances only a little.
  void pass(std::int64_t ms) {
    std::this_thread::sleep_for(5ms);
    now_ms_ += ms;
    lingering_.on_ready(now_ms_);
    lingering_.run_timer(now_ms_);
  }

  std::array<char, 4096> buffer_{};
  LingeringSockets lingering_{buffer_};
  std::int64_t now_ms_ = 1000;
};

TEST_F(LingerTest, TheClientSeesTheEndAtOnceAndClosesIt) {
  {
    Client client = leave("bye");
    EXPECT_EQ(client.receive_all(), "bye");
    pass(1);
    EXPECT_EQ(lingering_.size(), 1U);
  }
  pass(1);
  EXPECT_TRUE(lingering_.empty());
}

TEST_F(LingerTest, AClientThatHasClosedIsClosedAtOnce) {
  TcpPair sockets;
  sockets.client = FileDescriptor();
  std::this_thread::sleep_for(5ms);
  lingering_.add({std::move(sockets.server), {}, false}, now_ms_);
  EXPECT_TRUE(lingering_.empty());
}

TEST_F(LingerTest, InputBehindTheEndDoesNotDiscardWhatWasSaid) {
  const std::string said(100'000, 'r');
  Client client = leave(said);
  const std::string more(1000, 'm');
  for (int i = 0; i < 50; ++i) {
    EXPECT_TRUE(client.send(more));
    pass(10);
  }
  EXPECT_EQ(client.receive_all(), said);
  EXPECT_EQ(lingering_.size(), 1U);
}

TEST_F(LingerTest, WhoIsQuietAndHasEverythingIsClosed) {
  Client client = leave("bye");
  pass(DeliveryWatch::kQuiet_ms - 1);
  EXPECT_EQ(lingering_.size(), 1U);
  EXPECT_TRUE(client.send("more"));
  pass(0);  // heard
  pass(DeliveryWatch::kQuiet_ms - 1);
  EXPECT_EQ(lingering_.size(), 1U);
  pass(101);
  EXPECT_TRUE(lingering_.empty());
}

TEST_F(LingerTest, WhoWasQuietForLongIsClosedAtOnce) {
  Client client = leave({}, true);
  EXPECT_TRUE(lingering_.empty());
  EXPECT_EQ(client.receive_all(), "");
}

TEST_F(LingerTest, WhoSendsForEverIsCut) {
  Client client = leave("bye");
  for (std::int64_t ms = 0; ms < LingeringSockets::kStalled_ms + 200; ms += 100) {
    client.send("more");
    pass(100);
  }
  EXPECT_TRUE(lingering_.empty());
}

TEST_F(LingerTest, InADrainNobodyIsCut) {
  lingering_.begin_drain();
  Client client = leave("bye");
  for (std::int64_t ms = 0; ms < 2 * LingeringSockets::kLongest_ms; ms += 200) {
    client.send("more");
    pass(200);
  }
  EXPECT_EQ(lingering_.size(), 1U);
  EXPECT_EQ(client.receive_all(), "bye");
}

// A connection whose client has read nothing: the buffers of both kernels are full.
struct FullPair : TcpPair {
  std::size_t said = 0;
  explicit FullPair(int send_buffer) {
    const int receive_buffer = 65536;
    ::setsockopt(client.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
    ::setsockopt(server.get(), SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof(send_buffer));
    const std::string some(1000, 's');
    for (int quiet = 0; quiet < 5; ++quiet) {  // the kernel makes room for some time
      for (ssize_t sent = 0; (sent = ::send(server.get(), some.data(), some.size(), 0)) > 0;) {
        said += static_cast<std::size_t>(sent);
        quiet = 0;
      }
      std::this_thread::sleep_for(10ms);
    }
  }
};

TEST_F(LingerTest, ASlowReaderHasTimeAsLongAsItGetsOn) {
  FullPair sockets(400'000);
  Client client(std::move(sockets.client));
  lingering_.add({std::move(sockets.server), {}, false}, now_ms_);
  std::size_t heard = 0;
  for (int i = 0; i < 5; ++i) {
    heard += client.receive(120'000).size();
    pass(LingeringSockets::kStalled_ms / 2);
    EXPECT_EQ(lingering_.size(), 1U) << i;
  }
  pass(LingeringSockets::kStalled_ms);  // the kernel may have sent some bytes since
  pass(LingeringSockets::kStalled_ms);
  EXPECT_TRUE(lingering_.empty());
  // The kernel still delivers its bytes, because the socket was closed without unread input.
  EXPECT_EQ(heard + client.receive_all().size(), sockets.said);
}

TEST_F(LingerTest, TheRestOfAGoodbyeGoesOutBeforeTheEnd) {
  FullPair sockets(4096);
  Client client(std::move(sockets.client));
  lingering_.add({std::move(sockets.server), "goodbye", false}, now_ms_);
  std::string heard = client.receive(sockets.said);
  pass(1);
  heard += client.receive_all();
  EXPECT_EQ(heard, std::string(sockets.said, 's') + "goodbye");
}

TEST_F(LingerTest, ThousandsDoNotPileUp) {
  std::vector<Client> clients;
  for (std::size_t i = 0; i < 3000; ++i) {
    Client client = leave("bye");
    EXPECT_LE(lingering_.size(), LingeringSockets::kMost);
    if (i % 10 == 0) clients.push_back(std::move(client));
    if (clients.size() == 100) clients.clear();
  }
  // The newest sockets are still open.
  Client last = leave("last");
  EXPECT_TRUE(last.send("more"));
  pass(1);
  EXPECT_EQ(last.receive_all(), "last");
}

TEST_F(LingerTest, InADrainThereIsRoomForAll) {
  lingering_.begin_drain();
  std::vector<Client> clients;
  for (std::size_t i = 0; i < 2 * LingeringSockets::kMost; ++i) clients.push_back(leave("bye"));
  EXPECT_EQ(lingering_.size(), 2 * LingeringSockets::kMost);
  clients.clear();
  pass(1);
  pass(1);
  EXPECT_TRUE(lingering_.empty());
}

}  // namespace
}  // namespace isocache
