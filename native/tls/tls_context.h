// The certificates and rules of TLS that are in force, for all listeners.
#pragma once

#include <openssl/types.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "native/options.h"

namespace isocache {

// What `stats` shows of TLS. Any thread.
struct TlsCounters {
  std::atomic<std::uint64_t> handshake_errors{0};
  std::atomic<std::uint64_t> protocol_errors{0};
  std::atomic<std::uint64_t> new_sessions{0};
};

class TlsContext {
 public:
  // Throws UsageError: a file that cannot be read, a key that does not fit, unknown ciphers.
  TlsContext(const TlsOptions& options, UnixSeconds now_s);
  ~TlsContext();

  // What new connections use; those that exist keep theirs. Any thread.
  std::shared_ptr<SSL_CTX> current() const;
  // Reads the files again (SIGHUP, refresh_certs); what was in force stays in force if that fails.
  // Null when it went well, else why not (valid until the next call). One call at a time.
  const char* reload(UnixSeconds now_s);
  UnixSeconds loaded_at_s() const { return loaded_at_s_.load(std::memory_order_relaxed); }

  TlsCounters& counters() { return counters_; }

 private:
  TlsOptions options_;
  std::string error_;
  std::shared_ptr<SSL_CTX> context_;  // replaced as a whole, by std::atomic_store
  std::atomic<UnixSeconds> loaded_at_s_;
  TlsCounters counters_;
};

}  // namespace isocache
