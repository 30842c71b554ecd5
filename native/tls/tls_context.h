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
  // Throws UsageError: a file cannot be read, a key does not fit, a cipher is unknown. Logs a
  // warning if a certificate is not valid now.
  TlsContext(const TlsOptions& options, UnixSeconds now_s);
  ~TlsContext();  // REQUIRES: no connection uses one of its contexts any more
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  // The context for new connections. Existing connections keep theirs. Any thread.
  // Callers other than TlsStream may use it too: the callbacks' user data and
  // SSL_CTX_set_app_data() are free.
  std::shared_ptr<SSL_CTX> current() const;
  // Reads the files again (SIGHUP, refresh_certs). If that fails, the previous contexts stay in
  // force. Returns null on success, otherwise the reason: one line, valid until this thread calls
  // it again. Any thread.
  const char* reload(UnixSeconds now_s);
  UnixSeconds loaded_at_s() const { return loaded_at_s_.load(std::memory_order_relaxed); }

  TlsCounters& counters() { return counters_; }
  // The counters of the TlsContext that `context` came from.
  static TlsCounters& counters_of(const SSL_CTX* context);

 private:
  const TlsOptions options_;
  TlsCounters counters_;
  std::mutex reload_mutex_;           // one reload at a time, so that the last one wins
  std::shared_ptr<SSL_CTX> context_;  // replaced as a whole, by std::atomic_store
  std::atomic<UnixSeconds> loaded_at_s_;
};

// Registers the TLS lines of `stats settings`.
void show_tls(const TlsOptions& options, HostRegistry& registry);

}  // namespace isocache
