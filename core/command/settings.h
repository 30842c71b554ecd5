// What a user can set, as plain data: the switches that change how commands behave, and everything
// that `stats settings` shows. The host fills it in from its command line before it makes engines;
// afterwards only administrative commands (admin.h) change it, under the host's lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/limits.h"

namespace isocache {

// The version of memcached whose protocol and answers this is; clients parse it.
inline constexpr std::string_view kProtocolVersion = "1.6.45";
// Our own, shown by `stats` as isocache_version.
inline constexpr std::string_view kIsocacheVersion = "0.1.0";

struct Settings {
  // --- switches that change behaviour -----------------------------------------------------
  bool cas_enabled = true;        // -C clears it: items carry no cas, it reads as 0
  bool flush_enabled = true;      // -F clears it: flush_all is refused
  bool watch_enabled = true;      // -W clears it: watch is refused
  bool dump_enabled = true;       // -X clears it: metadump, mgdump, cachedump, stats detail refused
  bool shutdown_enabled = false;  // -A
  bool evictions = true;          // -M clears it: a full store answers an error
  bool tls_enabled = false;       // -Z: refresh_certs works
  bool detail_enabled = false;    // -D, stats detail on: counts by prefix
  char prefix_delimiter = ':';    // -D
  unsigned verbosity = 0;         // -v
  std::size_t max_bytes = limits::kDefaultMemoryBytes;              // -m, all shards together
  std::size_t max_item_bytes = limits::kDefaultMaxItemBytes;        // -I
  std::size_t requests_per_turn = limits::kDefaultRequestsPerTurn;  // -R

  // --- what the host listens on (shown only) ----------------------------------------------
  unsigned max_connections = 1024;   // -c
  unsigned tcp_port = 0;             // -p
  std::string interface;             // -l; empty shows as NULL
  std::string unix_socket;           // -s; empty shows as NULL
  unsigned unix_socket_mode = 0700;  // -a
  unsigned threads = 1;              // -t
  unsigned tcp_backlog = 1024;       // -b
  unsigned idle_timeout_s = 0;       // -o idle_timeout
  std::string auth_file;             // -Y
  bool drop_privileges = false;      // -o drop_privileges
  bool max_connections_fast = true;  // -o maxconns_fast
  std::string memory_file;           // -e; empty shows as (null)

  // --- TLS (shown only), if tls_enabled -----------------------------------------------------
  std::string tls_chain_cert;                    // ssl_chain_cert; empty texts show as NULL
  std::string tls_key;                           // ssl_key
  unsigned tls_key_format = 1;                   // ssl_keyformat: OpenSSL's number, 1 PEM, 2 DER
  unsigned tls_verify_bits = 0;                  // ssl_verify_mode: OpenSSL's SSL_VERIFY_...
  std::string tls_ciphers;                       // ssl_ciphers
  std::string tls_ca_cert;                       // ssl_ca_cert
  bool tls_session_cache = false;                // ssl_session_cache
  std::string_view tls_min_version = "tlsv1.2";  // ssl_min_version

  // --- accepted and shown for tools; the engine has no use for them -------------------------
  unsigned growth_factor_percent = 125;  // -f
  unsigned chunk_bytes = 48;             // -n
  unsigned hash_power_init = 0;          // -o hashpower
  bool slab_reassign = true;
  unsigned slab_automove = 1;
  unsigned slab_automove_ratio_percent = 80;
  unsigned slab_automove_window = 10;
  unsigned slab_automove_freeratio_permille = 10;
  bool lru_crawler = true;
  unsigned lru_crawler_sleep_us = 100;
  unsigned lru_crawler_tocrawl = 0;
  bool lru_maintainer = true;
  bool lru_segmented = true;
  unsigned hot_lru_percent = 20;
  unsigned warm_lru_percent = 40;
  unsigned hot_max_factor_percent = 20;
  unsigned warm_max_factor_percent = 200;
  bool temp_lru = false;
  unsigned temporary_ttl_s = 61;
  unsigned watcher_logbuf_bytes = 262144;
  unsigned worker_logbuf_bytes = 65536;
  std::size_t read_buffer_limit_bytes = 0;

  // --- the flash tier, under memcached's extstore names -------------------------------------
  unsigned ext_item_size = 512;
  unsigned ext_item_age = 4294967295U;
  unsigned ext_low_ttl = 0;
  unsigned ext_recache_rate = 2000;
  unsigned ext_wbuf_bytes = 4194304;
  unsigned ext_compact_under = 0;
  unsigned ext_drop_under = 0;
  unsigned ext_max_sleep_us = 1000000;
  unsigned ext_max_frag_percent = 80;
  bool ext_drop_unread = false;
};

}  // namespace isocache
