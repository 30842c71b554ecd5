#include "native/tls/tls_context.h"

#include "native/errors.h"

namespace isocache {

TlsContext::TlsContext(const TlsOptions& options, UnixSeconds now_s)
    : options_(options), loaded_at_s_(now_s) {
  throw UsageError("-Z: not yet");
}
TlsContext::~TlsContext() = default;
std::shared_ptr<SSL_CTX> TlsContext::current() const { return std::atomic_load(&context_); }
const char* TlsContext::reload(UnixSeconds now_s) {
  loaded_at_s_ = now_s;
  return nullptr;
}

}  // namespace isocache
