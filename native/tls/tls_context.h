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
  // warning if a certificate is not valid now. `mutual`: there are listeners that need a client's
  // certificate whatever the options say.
  TlsContext(const TlsOptions& options, UnixSeconds now_s, bool mutual = false);
  ~TlsContext();  // REQUIRES: no connection uses one of its contexts any more
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  // The context for new connections. Existing connections keep theirs. Any thread.
  // Callers other than TlsStream may use it too: the callbacks' user data and
  // SSL_CTX_set_app_data() are free. `mutual`: the client needs a certificate, whatever the options
  // say (mtls:). Null if the constructor was not told of such listeners.
  std::shared_ptr<SSL_CTX> current(bool mutual = false) const;
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
  const bool mutual_;
  TlsCounters counters_;
  std::mutex reload_mutex_;  // one reload at a time, so that the last one wins
  // Each is replaced as a whole, by std::atomic_store. Two, so that a session that began without a
  // certificate cannot be resumed where one is needed.
  std::shared_ptr<SSL_CTX> context_;
  std::shared_ptr<SSL_CTX> mutual_context_;  // null: no listener wants it
  std::atomic<UnixSeconds> loaded_at_s_;
};

// Registers the TLS lines of `stats settings`.
void show_tls(const TlsOptions& options, HostRegistry& registry);

}  // namespace isocache
