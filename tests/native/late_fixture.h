// A worker and an HTTP server over a backend whose replies come late, and clients of every
// transport.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "http_server_fixture.h"
#include "native/net/worker.h"
#include "support/late_backend.h"
#include "tls_certificates.h"
#include "tls_client.h"

namespace isocache {

// Something that happens now and then, and a connection that hears of it.
class Feed {
 public:
  void happen() {
    const std::lock_guard lock(mutex_);
    ++pending_;
    if (waker_ != nullptr) waker_->wake(kStreamToken);
  }
  bool is_heard() const {
    const std::lock_guard lock(mutex_);
    return waker_ != nullptr;
  }
  std::unique_ptr<ReplyStream> listen(Waker* waker) {
    const std::lock_guard lock(mutex_);
    waker_ = waker;
    return std::make_unique<Stream>(*this);
  }
  int produced() const { return produced_; }

 private:
  class Stream : public ReplyStream {
   public:
    explicit Stream(Feed& feed) : feed_(feed) {}
    ~Stream() override {
      const std::lock_guard lock(feed_.mutex_);
      feed_.waker_ = nullptr;
    }
    Next produce(Output& out, const Clock& /*clock*/) override {
      const std::lock_guard lock(feed_.mutex_);
      ++feed_.produced_;
      for (; feed_.pending_ > 0; --feed_.pending_) out.append("event\r\n");
      return Next::kIdle;
    }

   private:
    Feed& feed_;
  };

  mutable std::mutex mutex_;
  Waker* waker_ = nullptr;
  int pending_ = 0;
  std::atomic<int> produced_{0};
};

// Its administrative commands listen to a feed, if the test says so before the first.
class FeedBackend : public LateBackend<std::mutex> {
 public:
  using LateBackend::LateBackend;
  AdminResult administer(const Request& request, const Clock& clock, Output& out,
                         Waker* waker) override {
    if (before_administer) before_administer();
    if (!listens) return LateBackend::administer(request, clock, out, waker);
    return {.stream = feed.listen(waker)};
  }
  Feed feed;
  std::atomic<bool> listens{false};
  std::function<void()> before_administer;  // may be empty
};

enum class Transport : std::uint8_t { kPlain, kTls, kWebSocket };
// The kernel's. Small: they hold a few kilobytes, so a client that does not read is soon noticed.
enum class Buffers : std::uint8_t { kUsual, kSmall };

class LateClient {
 public:
  virtual ~LateClient() = default;
  virtual void send(std::string_view bytes) = 0;
  // So many bytes of replies; less at the end of the connection.
  virtual std::string receive(std::size_t bytes) = 0;
  bool ends() { return receive(1).empty(); }
  // It sends no more, but still reads.
  virtual void finish_sending() = 0;
  // It is gone.
  virtual void reset() = 0;
};

class PlainLateClient : public LateClient {
 public:
  explicit PlainLateClient(FileDescriptor socket) : client_(std::move(socket)) {}
  void send(std::string_view bytes) override { client_.send(bytes); }
  std::string receive(std::size_t bytes) override { return client_.receive(bytes); }
  void finish_sending() override { client_.finish_sending(); }
  void reset() override { client_.reset(); }

 private:
  Client client_;
};

class TlsLateClient : public LateClient {
 public:
  explicit TlsLateClient(FileDescriptor socket)
      : socket_(std::move(socket)), client_(socket_.get()) {
    EXPECT_TRUE(client_.handshake());
  }
  void send(std::string_view bytes) override { client_.send(bytes); }
  std::string receive(std::size_t bytes) override {
    while (held_.size() < bytes) {
      const std::string more = client_.receive();
      if (more.empty()) break;
      held_ += more;
    }
    std::string received = held_.substr(0, bytes);
    held_.erase(0, received.size());
    return received;
  }
  void finish_sending() override {
    SSL_shutdown(client_.ssl());
    ::shutdown(socket_.get(), SHUT_WR);
  }
  void reset() override {
    reset_at_close(socket_.get());
    socket_ = FileDescriptor();
  }

 private:
  FileDescriptor socket_;
  TlsClient client_;
  std::string held_;
};

class WebSocketLateClient : public LateClient {
 public:
  explicit WebSocketLateClient(Client client) : client_(std::move(client)) {
    client_.send(kUpgrade);
    EXPECT_TRUE(client_.receive_until("\r\n\r\n").starts_with("HTTP/1.1 101 "));
  }
  void send(std::string_view bytes) override {
    constexpr std::size_t kMost = 125;
    std::string frames;
    for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), kMost))) {
      frames += command(bytes.substr(0, kMost));
    }
    client_.send(frames);
  }
  std::string receive(std::size_t bytes) override {
    while (held_.size() < bytes && read_frame()) continue;
    std::string received = held_.substr(0, bytes);
    held_.erase(0, received.size());
    return received;
  }
  void finish_sending() override { client_.finish_sending(); }
  void reset() override { client_.reset(); }
  void send_close() { client_.send(frame(8, "\x03\xe8")); }
  // The server has answered the close frame.
  bool was_closed() const { return was_closed_; }

 private:
  bool read_frame() {
    const std::string head = client_.receive(2);
    if (head.size() == 2 && head[0] == '\x88') was_closed_ = true;
    if (head.size() != 2 || head[0] != '\x82') return false;
    std::size_t size = static_cast<unsigned char>(head[1]);
    if (size >= 126) {
      const std::string longer = client_.receive(size == 126 ? 2 : 8);
      size = 0;
      for (const char byte : longer) size = size * 256 + static_cast<unsigned char>(byte);
    }
    held_ += client_.receive(size);
    return true;
  }

  Client client_;
  std::string held_;
  bool was_closed_ = false;
};

class LateServer {
 public:
  explicit LateServer(unsigned late_limit_s = kLateLimit_s) {
    const TestCertificate certificate("server");
    TlsOptions tls;
    tls.chain_cert =
        folder_.write("both.pem", certificate.certificate_pem() + certificate.key_pem());
    context_ = std::make_unique<TlsContext>(tls, 1000);
    backend.suspends = [](const Request& request) { return request.key.bytes.starts_with("late"); };
    WorkerOptions worker;
    worker.late_limit_s = late_limit_s;
    worker_ = std::make_unique<Worker>(worker, backend, clock_, verbosity_, events_);
    worker_->start();
    HttpServerOptions http;
    http.late_limit_s = late_limit_s;
    http.times.sweep = 20;
    http.max_item_bytes = 1U << 20;
    http_ = std::make_unique<HttpServer>(http, backend,
                                         HttpPages{[] { return "m"; }, [] { return "{}"; }},
                                         readiness_, nullptr, nullptr, clock_, verbosity_, events_);
    http_->start();
  }
  ~LateServer() { stop(); }

  std::unique_ptr<LateClient> connect(Transport transport, Buffers buffers = Buffers::kUsual) {
    TcpPair sockets;
    if (buffers == Buffers::kSmall) {
      constexpr int kBytes = 4096;
      ::setsockopt(sockets.server.get(), SOL_SOCKET, SO_SNDBUF, &kBytes, sizeof kBytes);
      ::setsockopt(sockets.client.get(), SOL_SOCKET, SO_RCVBUF, &kBytes, sizeof kBytes);
    }
    if (transport == Transport::kWebSocket) {
      http_->adopt(std::move(sockets.server));
      return std::make_unique<WebSocketLateClient>(Client(std::move(sockets.client)));
    }
    const bool tls = transport == Transport::kTls;
    worker_->adopt(std::move(sockets.server), tls ? context_->current() : nullptr);
    if (tls) return std::make_unique<TlsLateClient>(std::move(sockets.client));
    return std::make_unique<PlainLateClient>(std::move(sockets.client));
  }
  // Not late, whatever its key.
  void store(const std::string& key, const std::string& value) {
    const Clock clock = clock_.now().clock;
    Session session(shards_, clock, {});
    session.feed("set " + key + " 0 0 " + std::to_string(value.size()) + "\r\n" + value + "\r\n");
  }
  void drain() {
    worker_->stop(5000);
    http_->drain();
  }
  void stop() {
    worker_->stop(0);
    http_->stop();
    worker_->join();
    http_->join();
  }
  std::uint64_t given_up() const {
    return worker_->counters().late_replies_given_up.get() +
           http_->sum_of(&WorkerCounters::late_replies_given_up);
  }
  std::uint64_t malloc_fails() const {
    return worker_->counters().malloc_fails.get() + http_->sum_of(&WorkerCounters::malloc_fails);
  }
  unsigned connections() const { return worker_->connection_count() + http_->connection_count(); }

 private:
  ShardedBackend shards_{Settings{}, 2, hash_key_of(42), false, nullptr};

 public:
  FeedBackend backend{shards_};

 private:
  TestFolder folder_;
  std::unique_ptr<TlsContext> context_;
  std::atomic<Readiness> readiness_{Readiness::kReady};
  HostClock clock_;
  Verbosity verbosity_;
  CountedEvents events_;
  std::unique_ptr<Worker> worker_;
  std::unique_ptr<HttpServer> http_;
};

// False after 10 s.
inline bool soon(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  return true;
}

inline constexpr unsigned kNever_s = 3600;

class LateTest : public testing::TestWithParam<Transport> {
 protected:
  std::unique_ptr<LateClient> connect(LateServer& server) { return server.connect(GetParam()); }
};

inline bool has_open(LateServer& server, std::size_t count) {
  return soon([&] { return server.backend.open() == count; });
}

inline void complete_all(LateServer& server) {
  for (const LateToken token : server.backend.tokens()) server.backend.complete(token);
}

inline void expect_reply(LateClient& client, std::string_view reply) {
  EXPECT_EQ(client.receive(reply.size()), reply);
}

inline std::string many(std::string_view one, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += one;
  return all;
}

inline std::string name_of(const testing::TestParamInfo<Transport>& info) {
  static constexpr const char* kNames[] = {"Plain", "Tls", "WebSocket"};
  return kNames[static_cast<std::size_t>(info.param)];
}

}  // namespace isocache
