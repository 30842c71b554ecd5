#include "native/tls/message_limit.h"

#include <openssl/ssl.h>

namespace isocache {

void TlsMessageLimit::watch(SSL* ssl) {
  SSL_set_msg_callback(ssl, on_message);
  SSL_set_msg_callback_arg(ssl, this);
}

// A callback can stop OpenSSL in one way only: after a shutdown it reads nothing from the client.
void TlsMessageLimit::on_message(int written, int /*version*/, int type, const void* /*bytes*/,
                                 std::size_t /*length*/, SSL* ssl, void* self) noexcept {
  auto& limit = *static_cast<TlsMessageLimit*>(self);
  const bool counts = type == SSL3_RT_ALERT || (type == SSL3_RT_HANDSHAKE && written == 0);
  if (counts) ++limit.seen_;
  if (limit.exceeded()) SSL_set_shutdown(ssl, SSL_get_shutdown(ssl) | SSL_RECEIVED_SHUTDOWN);
}

}  // namespace isocache
