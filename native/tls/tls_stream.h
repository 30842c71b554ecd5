// TLS for one connection: ciphertext in, plaintext out, and the other way round. It sends to the
// socket itself; its Connection reads from the socket.
//
//   recv -> put() -> OpenSSL -> read()                      handshake, alerts: OpenSSL answers
//   Output -> send() -> OpenSSL, a record at a time -> ciphertext -> one send for many records
//
// OpenSSL does a handshake's steps whenever it is asked to read, so the handshake needs no code
// here. All buffers belong to the worker. Bytes that a full socket does not take are kept here:
// kCiphertextBytes and a record at most, because nothing is read or encrypted before they are sent.
#pragma once

#include <openssl/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "native/connection/sender.h"
#include "native/tls/message_limit.h"
#include "protocol/output.h"

struct bio_method_st;  // BIO_METHOD, which openssl/types.h lacks

namespace isocache {

// What a worker lends to its TLS connections, one at a time.
class TlsBuffers {
 public:
  // The most plaintext that a record may have (RFC 8446, section 5.1).
  static constexpr std::size_t kRecordBytes = 16U << 10;
  // How many encrypted bytes of replies leave in one send.
  static constexpr std::size_t kCiphertextBytes = 32U << 10;
  // How many leave in one turn, see Sender::kTurnBytes. Encrypting them takes about 0.5 ms.
  static constexpr std::size_t kTurnBytes = 256U << 10;

  // `received_bytes`: the most that is passed to put() at once. Throws std::bad_alloc.
  explicit TlsBuffers(std::size_t received_bytes);
  ~TlsBuffers();
  TlsBuffers(const TlsBuffers&) = delete;
  TlsBuffers& operator=(const TlsBuffers&) = delete;

 private:
  friend class TlsStream;
  // OpenSSL's end of the buffers. One BIO serves all connections, because it holds nothing of its
  // own.
  static int bio_read(BIO* bio, char* to, int size) noexcept;
  static int bio_write(BIO* bio, const char* from, int size) noexcept;

  std::string_view received_;          // bytes that OpenSSL has not taken yet
  std::string ciphertext_;             // bytes to send; empty between two connections
  std::size_t plaintext_bytes_;        // size of:
  std::unique_ptr<char[]> plaintext_;  // received plaintext, or a record that is put together
  bio_method_st* method_;
  BIO* bio_;
};

class TlsStream {
 public:
  // REQUIRES: `socket` and `buffers` outlive it. Throws SystemError.
  TlsStream(SSL_CTX& context, int socket, TlsBuffers& buffers);
  // As end(), but bytes that the socket does not take at once are lost.
  ~TlsStream();
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  // Takes received bytes. They have to be read() to the end before any other call.
  void put(std::string_view ciphertext);
  // Decrypts some of them. 0: there is no more, see failed() and ended().
  std::size_t read(std::span<char> to);
  // Decrypts all of the rest. Valid until send().
  std::string_view read_rest();

  // Encrypts the unsent part of `output`, and sends it with other bytes that wait.
  Sender::Result send(const Output& output, Sender& sender);
  // There are bytes to send even if there is no output.
  bool has_ciphertext() const { return !unsent_.empty() || !buffers_.ciphertext_.empty(); }

  bool established() const { return established_; }
  // Part of a record has arrived.
  bool in_record() const;
  // The client broke the protocol. It was counted; the caller closes the connection.
  bool failed() const { return failure_ != nullptr; }
  // The reason of the failure, for people.
  const char* failure() const { return failure_; }
  // The client said that it will send no more.
  bool ended() const { return ended_; }
  // Says goodbye: close_notify, or the alert that tells what was wrong. Returns the ciphertext that
  // the socket did not take. Nothing else may be sent after it.
  std::string end();
  // The time for the handshake is over: the stream counts as failed().
  void give_up();

 private:
  bool has_more() const;
  void encrypt(const Output& output, Sender& sender);
  void encrypt_record(std::string_view plaintext);
  Sender::Result flush();
  void note_error(int result);
  void count_failure();

  struct FreeSsl {
    void operator()(SSL* ssl) const;
  };
  std::unique_ptr<SSL, FreeSsl> ssl_;
  TlsBuffers& buffers_;
  TlsMessageLimit messages_;  // since put()
  std::string unsent_;        // ciphertext that the socket did not take
  const char* failure_ = nullptr;
  int socket_;
  bool established_ = false;
  bool ended_ = false;
  bool said_goodbye_ = false;
};

}  // namespace isocache
