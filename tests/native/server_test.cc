// The whole server in one process, with real sockets. tests/e2e tests in detail what clients see.
#include "native/server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "native/base/errors.h"

namespace isocache {
namespace {

// A blocking client on loopback.
class Client {
 public:
  explicit Client(const std::filesystem::path& path) : socket_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.string().copy(address.sun_path, sizeof(address.sun_path) - 1);
    EXPECT_EQ(::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  }
  explicit Client(unsigned port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  }
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  // Marks a byte as TCP's urgent data.
  void send_urgent(char byte) { EXPECT_EQ(::send(socket_.get(), &byte, 1, MSG_OOB), 1); }
  // Bytes that come with a descriptor.
  void send_with_descriptor(std::string_view bytes) {
    iovec span{const_cast<char*>(bytes.data()), bytes.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &span;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    const int descriptor = STDERR_FILENO;
    std::memcpy(CMSG_DATA(header), &descriptor, sizeof(descriptor));
    EXPECT_EQ(::sendmsg(socket_.get(), &message, MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  void finish_sending() { ::shutdown(socket_.get(), SHUT_WR); }
  // Receives up to and including `end`, or until the server closes.
  std::string receive_until(std::string_view end) {
    std::string all;
    std::array<char, 65536> buffer{};
    while (!all.ends_with(end)) {
      const ssize_t count = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
      if (count <= 0) break;
      all.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return all;
  }
  // Receives so many bytes. Returns fewer if the server closes, or is silent for longer than the
  // patience.
  std::string receive(std::size_t bytes) {
    std::string all(bytes, '\0');
    std::size_t at = 0;
    while (at < bytes) {
      const ssize_t count = ::recv(socket_.get(), all.data() + at, bytes - at, 0);
      if (count <= 0) break;
      at += static_cast<std::size_t>(count);
    }
    all.resize(at);
    return all;
  }
  void set_patience() {
    const timeval limit{.tv_sec = 5, .tv_usec = 0};
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  }
  std::string receive_all() {
    std::string all;
    for (std::string more; !(more = receive_until("\n")).empty();) all += more;
    return all;
  }

 private:
  FileDescriptor socket_;
};

// A server on a port of its own, ended by the shutdown command.
class RunningServer {
 public:
  // `accepts` false: clients and their bytes wait until accept().
  explicit RunningServer(Options options = {}, bool accepts = true) : server_(prepare(options)) {
    server_.start();
    std::string banner;
    for (const LogEntry& entry : server_.banner()) banner += entry.message + "\n";
    const std::string_view mark = "listening 127.0.0.1:";
    port_ = static_cast<unsigned>(std::stoul(banner.substr(banner.find(mark) + mark.size())));
    if (accepts) accept();
  }
  void accept() {
    thread_ = std::thread([this] { server_.run(); });
  }
  ~RunningServer() {
    Client(port_).send("shutdown\r\n");
    thread_.join();
  }
  unsigned port() const { return port_; }

 private:
  static const Options& prepare(Options& options) {
    options.port = 0;
    options.settings.shutdown_enabled = true;
    options.host.threads = 2;
    return options;
  }

  Server server_;
  unsigned port_ = 0;
  std::thread thread_;
};

std::string set_command(const std::string& key, const std::string& value) {
  return "set " + key + " 0 0 " + std::to_string(value.size()) + "\r\n" + value + "\r\n";
}

TEST(Server, ServesManyThreadsOfClients) {
  RunningServer server;
  const auto talk = [&](int id) {
    for (int round = 0; round < 20; ++round) {
      Client client(server.port());
      const std::string key = "k" + std::to_string(id);
      const std::string value(static_cast<std::size_t>(1 + round * 9000),
                              static_cast<char>('a' + id));
      client.send(set_command(key, value) + "get " + key + "\r\nstats conns\r\nmn\r\n");
      const std::string reply = client.receive_until("MN\r\n");
      EXPECT_TRUE(reply.starts_with("STORED\r\nVALUE " + key + " 0 " +
                                    std::to_string(value.size()) + "\r\n" + value + "\r\nEND\r\n"));
    }
  };
  std::vector<std::thread> clients;
  for (int id = 0; id < 4; ++id) clients.emplace_back(talk, id);
  for (std::thread& client : clients) client.join();
}

TEST(Server, FinishesRepliesToAHalfClosedClient) {
  RunningServer server;
  Client client(server.port());
  std::string commands = set_command("k", std::string(100'000, 'v'));
  for (int n = 0; n < 100; ++n) commands += "get k\r\n";
  client.send(commands);
  client.finish_sending();
  EXPECT_EQ(client.receive_all().size(), 8 + 100 * (18 + 100'000 + 2 + 5));
}

TEST(Server, BoundsWhatAClientThatDoesNotReadCosts) {
  RunningServer server;
  Client reader(server.port());
  reader.send(set_command("k", std::string(500'000, 'v')));
  EXPECT_EQ(reader.receive_until("\n"), "STORED\r\n");
  Client sluggard(server.port());
  std::string gets;
  for (int n = 0; n < 1000; ++n) gets += "get k\r\n";
  sluggard.send(gets);
  reader.send("mg k s\r\n");  // others are served in the meantime
  EXPECT_EQ(reader.receive_until("\n"), "HD s500000\r\n");
  const std::string first = sluggard.receive_until("END\r\n");
  EXPECT_TRUE(first.starts_with("VALUE k 0 500000\r\n"));
}

TEST(Server, TurnsAwayWhoIsTooMany) {
  Options options;
  options.host.max_connections = 2;
  RunningServer server(options);
  {
    Client one(server.port());
    Client two(server.port());
    one.send("mn\r\n");
    two.send("mn\r\n");
    EXPECT_EQ(one.receive_until("\n"), "MN\r\n");
    EXPECT_EQ(two.receive_until("\n"), "MN\r\n");
    EXPECT_EQ(Client(server.port()).receive_all(), "ERROR Too many open connections\r\n");
    one.send("quit\r\n");
    two.send("quit\r\n");
    EXPECT_EQ(one.receive_all() + two.receive_all(), "");
  }
  for (;;) {  // it takes a moment until the server knows that there is room again
    Client next(server.port());
    next.send("mn\r\n");
    if (next.receive_until("\n") == "MN\r\n") break;
  }
}

TEST(Server, LetsNewClientsWaitIfAsked) {
  Options options;
  options.host.max_connections = 1;
  options.host.max_connections_fast = false;
  RunningServer server(options);
  Client waiting = [&] {
    Client first(server.port());
    first.send("mn\r\n");
    EXPECT_EQ(first.receive_until("\n"), "MN\r\n");
    Client second(server.port());
    second.send("mn\r\n");
    return second;
  }();
  EXPECT_EQ(waiting.receive_until("\n"), "MN\r\n");
  waiting.send("quit\r\n");
  waiting.receive_all();
}

TEST(Server, ClosesIdleClients) {
  Options options;
  options.host.idle_timeout_s = 1;
  RunningServer server(options);
  Client client(server.port());
  client.send("mn\r\n");
  EXPECT_EQ(client.receive_all(), "MN\r\n");
}

TEST(Server, BusyPortIsAnError) {
  RunningServer server;
  Options options;
  options.port = server.port();
  EXPECT_THROW(Server{options}, SystemError);
}

TEST(Server, UnixSocketHasItsModeAndGoesAtTheEnd) {
  const std::string path =
      std::filesystem::temp_directory_path() / ("isocached-" + std::to_string(::getpid()));
  Options options;
  options.unix_socket = path;
  options.tcp_asked = true;
  options.host.unix_socket_mode = 0750;
  {
    RunningServer server(options);
    EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms(0750));
    EXPECT_THROW(listen_unix(path, 0700, 10), SystemError);  // a server answers there
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

// Repeats `each` so many times.
std::string times(std::size_t count, std::string_view each) {
  std::string all;
  for (std::size_t n = 0; n < count; ++n) all += each;
  return all;
}

// The kernel ends a read at the urgent mark, whatever comes after it.
TEST(Server, ReadsOnBehindTheUrgentMark) {
  RunningServer server({}, false);
  Client client(server.port());
  client.send("mn\r\n");
  client.send_urgent('!');
  client.send(times(10, "mn\r\n"));
  client.set_patience();
  server.accept();
  EXPECT_EQ(client.receive(11 * 4), times(11, "MN\r\n"));
}

// The kernel also ends a read behind bytes that came with a descriptor, which nobody wants.
TEST(Server, ReadsOnBehindADescriptor) {
  const std::filesystem::path path = std::filesystem::temp_directory_path() /
                                     ("isocached-descriptors-" + std::to_string(::getpid()));
  Options options;
  options.unix_socket = path;
  options.tcp_asked = true;
  RunningServer server(options, false);
  Client client(path);
  for (int n = 0; n < 20; ++n) client.send_with_descriptor("mn\r\n");
  client.set_patience();
  server.accept();
  EXPECT_EQ(client.receive(20 * 4), times(20, "MN\r\n"));
}

// The server does not answer at once, but it is alive.
TEST(Listener, ASocketWhoseServerIsBusyIsNotTaken) {
  const std::string path =
      std::filesystem::temp_directory_path() / ("isocached-busy-" + std::to_string(::getpid()));
  {
    const Listener busy = listen_unix(path, 0700, 0);
    std::vector<FileDescriptor> waiting;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    int result = 0;
    while (result == 0) {
      waiting.emplace_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
      result =
          ::connect(waiting.back().get(), reinterpret_cast<sockaddr*>(&address), sizeof(address));
    }
    EXPECT_EQ(errno, EAGAIN);
    EXPECT_THROW(listen_unix(path, 0700, 10), SystemError);
    EXPECT_TRUE(std::filesystem::exists(path));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

// This happens when a thread cannot be started.
TEST(Acceptor, MayStopBeforeItStarted) {
  const HostClock clock;
  Poller poller;
  std::vector<Listener> listeners = listen_tcp({"127.0.0.1", 0}, 1);
  AcceptCounters counters;
  Acceptor acceptor({}, clock, poller, listeners, counters);
  EXPECT_NO_THROW(acceptor.stop());
}

TEST(Endpoint, Forms) {
  const auto is = [](std::string_view text, std::string_view host, unsigned port) {
    const Endpoint endpoint = parse_endpoint(text, 11211);
    EXPECT_EQ(endpoint.host, host) << text;
    EXPECT_EQ(endpoint.port, port) << text;
  };
  is("127.0.0.1", "127.0.0.1", 11211);
  is("localhost:80", "localhost", 80);
  is("::1", "::1", 11211);
  is("[::1]", "::1", 11211);
  is("[::1]:80", "::1", 80);
  for (const char* bad : {"", ":80", "host:", "host:x", "host:70000", "[::1", "[::1]80"}) {
    EXPECT_THROW(parse_endpoint(bad, 1), UsageError) << bad;
  }
}

}  // namespace
}  // namespace isocache
