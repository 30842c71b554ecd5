// How much a client may ask of OpenSSL that is no data: handshake messages, alerts.
//
// A client may ask for new keys in 27 bytes, as often as it likes. That costs up to 30 us each
// time, and OpenSSL works through all that it was given in one call.
#pragma once

#include <openssl/types.h>

#include <cstddef>

namespace isocache {

class TlsMessageLimit {
 public:
  // A handshake has six of the client's at most.
  static constexpr unsigned kMost = 16;

  // REQUIRES: this outlives `ssl`, and its message callback is used by nobody else.
  void watch(SSL* ssl);
  // Counts anew: data has come, or will.
  void reset() { seen_ = 0; }
  // OpenSSL has been told that there is no more to read.
  bool exceeded() const { return seen_ > kMost; }

 private:
  static void on_message(int written, int version, int type, const void* bytes, std::size_t length,
                         SSL* ssl, void* self) noexcept;

  unsigned seen_ = 0;
};

}  // namespace isocache
