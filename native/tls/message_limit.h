// Limits how many messages without data (handshake messages, alerts) a client may send to OpenSSL.
//
// A client may ask for new keys in 27 bytes, as often as it likes. Each request costs up to 30 us,
// and OpenSSL handles everything that it was given in one call.
#pragma once

#include <openssl/types.h>

#include <cstddef>

namespace isocache {

class TlsMessageLimit {
 public:
  // A client sends six messages in a handshake at most.
  static constexpr unsigned kMost = 16;

  // REQUIRES: this outlives `ssl`, and nothing else uses its message callback.
  void watch(SSL* ssl);
  // Starts the count again, because data has come, or will.
  void reset() { seen_ = 0; }
  // True: the limit was reached, and OpenSSL was told that there is no more to read.
  bool exceeded() const { return seen_ > kMost; }

 private:
  static void on_message(int written, int version, int type, const void* bytes, std::size_t length,
                         SSL* ssl, void* self) noexcept;

  unsigned seen_ = 0;
};

}  // namespace isocache
