// TLS between two ends of one socket, in one thread: which bytes are in flight, and how many.
#include "native/tls/tls_stream.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <array>
#include <memory>
#include <string>
#include <thread>

#include "native/tls/tls_context.h"
#include "tls_certificates.h"
#include "tls_client.h"

namespace isocache {
namespace {

constexpr std::size_t kReceivedBytes = 4096;

class TlsStreamTest : public testing::Test {
 protected:
  TlsStreamTest() {
    const TestCertificate server("server");
    TlsOptions options;
    options.chain_cert = folder_.write("both.pem", server.certificate_pem() + server.key_pem());
    context_ = std::make_unique<TlsContext>(options, 1000);
    ::fcntl(sockets_.client.get(), F_SETFL, O_NONBLOCK);
    client_ = std::make_unique<TlsClient>(sockets_.client.get());
    stream_ = std::make_unique<TlsStream>(*context_->current(), sockets_.server.get(), buffers_);
  }
  // A turn of the server: decrypts the bytes that have come, and sends its part of the handshake.
  std::string serve(std::size_t most = kReceivedBytes) {
    std::string all;
    std::array<char, kReceivedBytes> buffer{};
    for (;;) {
      const ssize_t count = ::recv(sockets_.server.get(), buffer.data(), most, 0);
      if (count <= 0) break;
      stream_->put({buffer.data(), static_cast<std::size_t>(count)});
      all += stream_->read_rest();
      if (stream_->has_ciphertext()) stream_->send({}, sender_);
    }
    return all;
  }
  void shake_hands(std::size_t most = kReceivedBytes) {
    for (int step = 0; step < 10 && !(client_->handshake() && stream_->established()); ++step) {
      serve(most);
    }
    ASSERT_TRUE(stream_->established());
  }
  // Sends a reply. The client reads only when the server cannot continue.
  std::string send(const Output& output) {
    std::string received;
    for (;;) {
      const Sender::Result result = stream_->send(output, sender_);
      for (std::string more; !(more = client_->receive()).empty();) received += more;
      if (result == Sender::Result::kBlocked || result == Sender::Result::kMore) continue;
      EXPECT_EQ(result, Sender::Result::kSent);
      sender_.reset();
      return received;
    }
  }

  TestFolder folder_;
  std::unique_ptr<TlsContext> context_;
  SocketPair sockets_;
  TlsBuffers buffers_{kReceivedBytes};
  std::unique_ptr<TlsClient> client_;
  std::unique_ptr<TlsStream> stream_;
  Sender sender_;
};

TEST_F(TlsStreamTest, ByteByByte) {
  shake_hands(1);
  client_->send("get a\r\n");
  EXPECT_EQ(serve(1), "get a\r\n");
  EXPECT_FALSE(stream_->failed());
}

TEST_F(TlsStreamTest, DecryptsALargeRecordThatCameInPieces) {
  shake_hands();
  std::string sent;
  for (int n = 0; n < 100; ++n) {
    const std::string part(static_cast<std::size_t>(1 + n * 160), static_cast<char>('0' + n % 10));
    client_->send(part);
    sent += part;
    EXPECT_TRUE(serve() == part) << n;
  }
}

TEST_F(TlsStreamTest, SendsSpansInOrderWhateverTheirSize) {
  shake_hands();
  const std::string large(100'000, 'L');
  Output output;
  std::string expected;
  const auto add = [&](std::string_view text, std::size_t pinned) {
    output.append(text);
    output.append_pinned(std::string_view(large).substr(0, pinned), {});
    expected += std::string(text) + large.substr(0, pinned);
  };
  for (std::size_t n = 0; n < 200; ++n) add("item " + std::to_string(n) + " ", 5000 + n);
  constexpr std::size_t kRecord = TlsBuffers::kRecordBytes;
  for (const std::size_t pinned : {kRecord - 1, kRecord, kRecord + 1, 3 * kRecord, large.size()}) {
    add("x", pinned);
  }
  output.append("end");
  expected += "end";
  EXPECT_TRUE(send(output) == expected);
  Output next;
  next.append("next");
  EXPECT_EQ(send(next), "next");
}

TEST_F(TlsStreamTest, FillsItsRecords) {
  shake_hands();
  Output output;
  const std::string value(1000, 'v');
  for (int n = 0; n < 100; ++n) {
    output.append("head ");
    output.append_pinned(value, {});
  }
  ASSERT_EQ(stream_->send(output, sender_), Sender::Result::kSent);
  for (std::size_t left = output.size(); left != 0;) {
    const std::size_t record = std::min(left, TlsBuffers::kRecordBytes);
    EXPECT_EQ(client_->receive().size(), record);
    left -= record;
  }
}

TEST_F(TlsStreamTest, EncryptsNoMoreThanItMayKeep) {
  shake_hands();
  const std::string value(8U << 20U, 'v');
  Output output;
  output.append_pinned(value, {});
  int socket_bytes = 0;
  socklen_t size = sizeof socket_bytes;
  ::getsockopt(sockets_.server.get(), SOL_SOCKET, SO_SNDBUF, &socket_bytes, &size);
  const std::size_t most = TlsBuffers::kCiphertextBytes + TlsBuffers::kRecordBytes +
                           static_cast<std::size_t>(socket_bytes);
  for (int n = 0; n < 100; ++n) {
    ASSERT_EQ(stream_->send(output, sender_), Sender::Result::kBlocked);
    ASSERT_LE(sender_.sent_bytes(), most);
  }
  EXPECT_TRUE(send(output) == value.substr(0, 8U << 20U));
}

// A client that reads as fast as we encrypt does not keep the thread to itself.
TEST_F(TlsStreamTest, SendsAShareATurn) {
  shake_hands();
  std::thread reader([socket = sockets_.client.get()] {
    ::fcntl(socket, F_SETFL, 0);
    std::array<char, 65536> dropped{};
    while (::recv(socket, dropped.data(), dropped.size(), 0) > 0) {
    }
  });
  const std::string value(8U << 20U, 'v');
  Output output;
  output.append_pinned(value, {});
  int shares = 0;
  for (std::size_t before = 0; before < value.size(); before = sender_.sent_bytes()) {
    shares += stream_->send(output, sender_) == Sender::Result::kMore ? 1 : 0;
    EXPECT_LE(sender_.sent_bytes() - before,
              TlsBuffers::kTurnBytes + TlsBuffers::kCiphertextBytes + TlsBuffers::kRecordBytes);
  }
  EXPECT_GT(shares, 0);
  ::shutdown(sockets_.server.get(), SHUT_WR);
  reader.join();
}

TEST_F(TlsStreamTest, ChangesItsKeys) {
  shake_hands();
  for (int n = 0; n < 100; ++n) {
    ASSERT_EQ(SSL_key_update(client_->ssl(), SSL_KEY_UPDATE_REQUESTED), 1);
    client_->send("get a\r\n");
    EXPECT_EQ(serve(), "get a\r\n");
    Output output;
    output.append("END\r\n");
    EXPECT_EQ(send(output), "END\r\n");
  }
}

TEST_F(TlsStreamTest, RefusesToDoNothingElse) {
  shake_hands();
  for (unsigned n = 0; n <= TlsMessageLimit::kMost; ++n) {
    ASSERT_EQ(SSL_key_update(client_->ssl(), SSL_KEY_UPDATE_NOT_REQUESTED), 1);
    ASSERT_EQ(SSL_do_handshake(client_->ssl()), 1);
  }
  client_->send("get a\r\n");
  EXPECT_EQ(serve(), "");
  EXPECT_TRUE(stream_->failed());
  EXPECT_STREQ(stream_->failure(), "too many handshake messages");
  EXPECT_EQ(context_->counters().protocol_errors, 1U);
  // Other connections with the same buffers are not affected.
  sockets_ = SocketPair();
  ::fcntl(sockets_.client.get(), F_SETFL, O_NONBLOCK);
  client_ = std::make_unique<TlsClient>(sockets_.client.get());
  stream_ = std::make_unique<TlsStream>(*context_->current(), sockets_.server.get(), buffers_);
  shake_hands();
}

TEST_F(TlsStreamTest, RefusesWhatIsNotTls) {
  const std::string_view request = "get a\r\n";
  ASSERT_EQ(::send(sockets_.client.get(), request.data(), request.size(), 0), 7);
  EXPECT_EQ(serve(), "");
  EXPECT_TRUE(stream_->failed());
  EXPECT_STREQ(stream_->failure(), "wrong version number");
  EXPECT_EQ(context_->counters().handshake_errors, 1U);
  stream_.reset();
  std::array<char, 100> alert{};
  EXPECT_EQ(::recv(sockets_.client.get(), alert.data(), alert.size(), 0), 7);
  EXPECT_EQ(alert[0], 21);  // a record of alerts
}

TEST_F(TlsStreamTest, RefusesABrokenRecord) {
  shake_hands();
  const std::string record = std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x');
  ::send(sockets_.client.get(), record.data(), record.size(), 0);
  EXPECT_EQ(serve(), "");
  EXPECT_TRUE(stream_->failed());
  EXPECT_EQ(context_->counters().handshake_errors, 0U);
  EXPECT_EQ(context_->counters().protocol_errors, 1U);
}

TEST_F(TlsStreamTest, SaysAndHearsGoodbye) {
  shake_hands();
  client_->send("last words");
  SSL_shutdown(client_->ssl());
  EXPECT_EQ(serve(), "last words");
  EXPECT_TRUE(stream_->ended());
  EXPECT_FALSE(stream_->failed());
  stream_.reset();
  EXPECT_EQ(client_->receive(), "");
  EXPECT_TRUE(client_->was_ended());
}

TEST_F(TlsStreamTest, TellsABrokenConnection) {
  shake_hands();
  ::shutdown(sockets_.server.get(), SHUT_RDWR);
  Output output;
  output.append("x");
  EXPECT_EQ(stream_->send(output, sender_), Sender::Result::kFailed);
}

}  // namespace
}  // namespace isocache
