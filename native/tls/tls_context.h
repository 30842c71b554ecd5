// The certificates and rules of TLS that are in force, for all listeners.
#pragma once

#include <openssl/types.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

#include "base/clock.h"
#include "command/admin/host_registry.h"
#include "native/config/options.h"

namespace isocache {

// What `stats` shows of TLS. Any thread.
struct TlsCounters {
  std::atomic<std::uint64_t> handshake_errors{0};
  std::atomic<std::uint64_t> protocol_errors{0};  // after the handshake
  std::atomic<std::uint64_t> new_sessions{0};     // given to clients to resume
};

class TlsContext {
 public:
  // Throws UsageError: a file that cannot be read, a key that does not fit, unknown ciphers. Warns
  // on the log of a certificate that is not valid now.
  TlsContext(const TlsOptions& options, UnixSeconds now_s);
  ~TlsContext();  // REQUIRES: no connection uses one of its contexts any more
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  // What new connections use; those that exist keep theirs. Any thread.
  //
  // For others than TlsStream: the callbacks' user data and SSL_CTX_set_app_data() are free.
  std::shared_ptr<SSL_CTX> current() const;
  // Reads the files again (SIGHUP, refresh_certs); what was in force stays in force if that fails.
  // Null when it went well, else why not: one line, valid until this thread calls it again. Any
  // thread.
  const char* reload(UnixSeconds now_s);
  UnixSeconds loaded_at_s() const { return loaded_at_s_.load(std::memory_order_relaxed); }

  TlsCounters& counters() { return counters_; }
  // Of the TlsContext that `context` came from.
  static TlsCounters& counters_of(const SSL_CTX* context);

 private:
  const TlsOptions options_;
  TlsCounters counters_;
  std::mutex reload_mutex_;           // one reload at a time, so that the last one wins
  std::shared_ptr<SSL_CTX> context_;  // replaced as a whole, by std::atomic_store
  std::atomic<UnixSeconds> loaded_at_s_;
};

// Registers what `stats settings` says of TLS.
void show_tls(const TlsOptions& options, HostRegistry& registry);

}  // namespace isocache
