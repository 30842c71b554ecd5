// One connection's TLS: ciphertext in, plaintext out, and the other way round. It knows its socket
// to send to; its Connection reads from it.
//
//   recv -> put() -> OpenSSL -> read()                      handshake, alerts: OpenSSL answers
//   Output -> send() -> OpenSSL, a record at a time -> ciphertext -> one send for many records
//
// OpenSSL does its part whenever it is asked to read, so a handshake needs no code of its own. All
// buffers are the worker's; what a full socket does not take is kept here, kCiphertextBytes and a
// record at most, for nothing is read or encrypted before it is gone.
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
  // A record's plaintext, the most there may be of it (RFC 8446, section 5.1).
  static constexpr std::size_t kRecordBytes = 16U << 10;
  // Encrypted replies that leave in one send.
  static constexpr std::size_t kCiphertextBytes = 32U << 10;
  // And in one turn, see Sender::kTurnBytes: to encrypt as much takes about 0.5 ms.
  static constexpr std::size_t kTurnBytes = 256U << 10;

  // `received_bytes`: the most that is put() at once. Throws std::bad_alloc.
  explicit TlsBuffers(std::size_t received_bytes);
  ~TlsBuffers();
  TlsBuffers(const TlsBuffers&) = delete;
  TlsBuffers& operator=(const TlsBuffers&) = delete;

 private:
  friend class TlsStream;
  // OpenSSL's end of the buffers. One BIO does for all connections: it holds nothing of its own.
  static int bio_read(BIO* bio, char* to, int size) noexcept;
  static int bio_write(BIO* bio, const char* from, int size) noexcept;

  std::string_view received_;          // what OpenSSL has not taken yet
  std::string ciphertext_;             // what is to be sent; empty between two connections
  std::size_t plaintext_bytes_;        // size of:
  std::unique_ptr<char[]> plaintext_;  // what came in, or a record that is put together
  bio_method_st* method_;
  BIO* bio_;
};

class TlsStream {
 public:
  // REQUIRES: `socket` and `buffers` outlive it. Throws SystemError.
  TlsStream(SSL_CTX& context, int socket, TlsBuffers& buffers);
  // As end(), but what the socket does not take at once is lost.
  ~TlsStream();
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  // What was received; has to be read() to its end before anything else is.
  void put(std::string_view ciphertext);
  // Some plaintext of it; 0: there is no more, see failed() and ended().
  std::size_t read(std::span<char> to);
  // All that is left of it; valid until send().
  std::string_view read_rest();

  // Encrypts what `sender` has not sent of `output`, and sends it with whatever else waits.
  Sender::Result send(const Output& output, Sender& sender);
  // Something is to be sent even if there is no output.
  bool has_ciphertext() const { return !unsent_.empty() || !buffers_.ciphertext_.empty(); }

  bool established() const { return established_; }
  // A record has begun to arrive.
  bool in_record() const;
  // The client broke the protocol; it was counted. Close.
  bool failed() const { return failure_ != nullptr; }
  // Why, for people.
  const char* failure() const { return failure_; }
  // The client will send no more: it said so.
  bool ended() const { return ended_; }
  // Says goodbye: close_notify, or the alert that tells what was wrong. Returns the ciphertext that
  // the socket did not take; nothing else may be sent behind it.
  std::string end();
  // Its time for the handshake is over: failed().
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
