// Workers and time: handshakes and logins that never finish, and how long turns take.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "native/net/worker.h"
#include "native/shards/sharded_backend.h"
#include "native/tls/tls_context.h"
#include "tls_certificates.h"
#include "tls_client.h"

namespace isocache {
namespace {

struct NoEvents : ConnectionEvents {
  void on_connection_closed() override {}
  void on_stop_requested() override {}
};

struct Nobody : Authenticator {
  bool check(std::string_view /*user*/, std::string_view /*password*/) const override {
    return false;
  }
};

class TlsWorkerTest : public testing::Test {
 protected:
  TlsWorkerTest() {
    const TestCertificate server("server");
    TlsOptions options;
    options.chain_cert = folder_.write("both.pem", server.certificate_pem() + server.key_pem());
    context_ = std::make_unique<TlsContext>(options, 1000);
    options_.measure_turns = true;
  }
  ~TlsWorkerTest() override {
    worker_->stop(2000);
    worker_->join();
  }
  void start() {
    worker_ = std::make_unique<Worker>(options_, backend_, clock_, verbosity_, events_);
    worker_->start();
  }
  // The client's end.
  FileDescriptor adopt(bool tls) {
    SocketPair sockets;
    worker_->adopt(std::move(sockets.server), tls ? context_->current() : nullptr);
    return std::move(sockets.client);
  }

  TestFolder folder_;
  std::unique_ptr<TlsContext> context_;
  ShardedBackend backend_{Settings{}, 1, hash_key_of(42), false, nullptr};
  HostClock clock_;
  Verbosity verbosity_;
  NoEvents events_;
  WorkerOptions options_;
  std::unique_ptr<Worker> worker_;
};

// Receives up to the end of the connection, or what has come after a while.
std::string receive(int socket) {
  std::string all;
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t count = ::recv(socket, buffer.data(), buffer.size(), 0);
    if (count < 0) return all + "(no end)";
    if (count == 0) return all;
    all.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

TEST_F(TlsWorkerTest, ClosesHandshakesThatTakeTooLong) {
  options_.handshake_limit_s = 1;
  start();
  const FileDescriptor finished = adopt(true);
  TlsClient client(finished.get());
  ASSERT_TRUE(client.handshake());
  const FileDescriptor plain = adopt(false);
  const FileDescriptor silent = adopt(true);
  const FileDescriptor slow = adopt(true);
  const std::string half = "\x16\x03\x01\x01\x00\x01\x00\x00\xfc\x03\x03";
  ASSERT_EQ(::send(slow.get(), half.data(), 5, 0), 5);
  EXPECT_EQ(receive(silent.get()), "");
  EXPECT_EQ(receive(slow.get()), "");
  EXPECT_EQ(context_->counters().handshake_errors, 2U);
  // The other two connections are not affected.
  ASSERT_EQ(::send(plain.get(), "mn\r\nquit\r\n", 10, 0), 10);
  EXPECT_EQ(receive(plain.get()), "MN\r\n");
  client.send("mn\r\nquit\r\n");
  EXPECT_EQ(client.receive(), "MN\r\n");
  EXPECT_EQ(client.receive(), "");
  EXPECT_TRUE(client.was_ended());
}

TEST_F(TlsWorkerTest, ClosesWhoDoesNotLogIn) {
  const Nobody nobody;
  options_.session.authenticator = &nobody;
  options_.login_limit_s = 1;
  start();
  const FileDescriptor plain = adopt(false);
  const FileDescriptor encrypted = adopt(true);
  TlsClient client(encrypted.get());
  ASSERT_TRUE(client.handshake());
  EXPECT_EQ(receive(plain.get()), "");
  EXPECT_EQ(client.receive(), "");
  EXPECT_TRUE(client.was_ended());
}

TEST_F(TlsWorkerTest, AGoodbyeIsTheEndWhetherOrNotTheSocketIsClosed) {
  start();
  const FileDescriptor socket = adopt(true);
  TlsClient client(socket.get());
  ASSERT_TRUE(client.handshake());
  client.send("mn\r\n");
  SSL_shutdown(client.ssl());
  EXPECT_EQ(client.receive(), "MN\r\n");
  EXPECT_EQ(client.receive(), "");
  EXPECT_TRUE(client.was_ended());
}

TEST_F(TlsWorkerTest, AStopWaitsForARecordThatHasBegun) {
  start();
  const FileDescriptor socket = adopt(true);
  TlsClient client(socket.get());
  ASSERT_TRUE(client.handshake());
  client.send("mn\r\n");
  EXPECT_EQ(client.receive(), "MN\r\n");
  BIO* const records = BIO_new(BIO_s_mem());
  SSL_set0_wbio(client.ssl(), records);
  client.send("mn\r\n");
  std::string record(1000, '\0');
  record.resize(static_cast<std::size_t>(BIO_read(records, record.data(), 1000)));
  ASSERT_EQ(::send(socket.get(), record.data(), 10, 0), 10);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  worker_->stop(2000);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  ::send(socket.get(), record.data() + 10, record.size() - 10, 0);
  EXPECT_EQ(client.receive(), "MN\r\n");
}

TEST_F(TlsWorkerTest, MeasuresTurns) {
  start();
  const FileDescriptor plain = adopt(false);
  ASSERT_EQ(::send(plain.get(), "mn\r\nquit\r\n", 10, 0), 10);
  EXPECT_EQ(receive(plain.get()), "MN\r\n");
  worker_->stop(2000);
  worker_->join();
  std::uint64_t turns = 0;
  for (std::size_t bucket = 0; bucket < LatencyHistogram::kBuckets; ++bucket) {
    turns += worker_->turn_latency().count_in(bucket);
  }
  EXPECT_GE(turns, 1U);
  EXPECT_GT(worker_->turn_latency().sum_ns(), 0U);
}

TEST_F(TlsWorkerTest, ACrowdOfHandshakesIsServedInTurn) {
  start();
  std::vector<std::thread> clients;
  for (int id = 0; id < 8; ++id) {
    clients.emplace_back([this] {
      for (int round = 0; round < 10; ++round) {
        const FileDescriptor socket = adopt(true);
        TlsClient client(socket.get());
        ASSERT_TRUE(client.handshake());
        client.send("mn\r\n");
        EXPECT_EQ(client.receive(), "MN\r\n");
        if (round % 3 == 0) context_->reload(2000);
      }
    });
  }
  for (std::thread& client : clients) client.join();
}

}  // namespace
}  // namespace isocache
