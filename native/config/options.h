// What the user asks for, by flags, environment and configuration file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "command/settings.h"
#include "native/config/host_settings.h"
#include "session/protocols.h"

namespace isocache {

// -Z and the words ssl_... of -o: memcached's names and meanings.
struct TlsOptions {
  enum class Verify : std::uint8_t { kNone, kRequest, kRequire, kOnce };  // ssl_verify_mode, 0 to 3
  enum class Version : std::uint8_t { k1_0, k1_1, k1_2, k1_3 };           // ssl_min_version, 0 to 3
  bool enabled = false;
  std::string chain_cert;   // PEM: the server's certificate, then the certificates that signed it
  std::string key;          // empty: chain_cert contains the key, too
  bool key_is_der = false;  // ssl_keyformat
  std::string ca_cert;      // PEM: the authorities that may sign clients' certificates
  std::string ciphers;      // for TLS 1.2 and below; empty: the library's default
  Verify verify = Verify::kNone;  // of the client's certificate
  Version min_version = Version::k1_2;
  bool session_cache = false;
  std::uint64_t write_buffer_bytes = 16384;  // ssl_wbuf_size: only shown
};

// --http and the flags that belong to it.
struct HttpOptions {
  std::vector<std::string> listen;           // "address:port"; empty: no HTTP
  std::vector<std::string> allowed_origins;  // of browsers' pages, besides our own; "*": any
  bool deflate = false;                      // permessage-deflate, if the client offers it
  bool playground = true;                    // "/" is the playground, if it is built in
  bool slab_metrics = true;                  // /metrics has memcached_slab_*
  unsigned prefix_metrics = 0;               // how many prefixes /metrics shows; 0: none
};

// -o ext_path and the words that belong to it.
struct TierOptions {
  struct File {
    std::string path;
    std::uint64_t bytes = 0;
  };
  std::vector<File> files;       // empty: there is no tier
  std::uint64_t page_bytes = 0;  // -o ext_page_size; 0: chosen to fit the files
  bool allow_ring = true;        // -o ext_engine
};

struct Options {
  enum class Show {
    kNothing,
    kHelp,
    kVersion,
    kLicense,
    kManPage,
    kFlagsPage,
    kBashCompletion,
    kZshCompletion,
    kFishCompletion,
    kConfigFile
  };
  Show show = Show::kNothing;  // print this and end
  enum class LogFormat : std::uint8_t { kText, kJson };

  Settings settings;
  HostSettings host;

  std::vector<std::string> listen;  // -l: addresses, with or without a port; empty: loopback
  unsigned port = 11211;            // -p
  bool tcp_asked = false;           // -p or -l was given: -s does not turn TCP off
  std::string unix_socket;          // -s

  TlsOptions tls;
  HttpOptions http;
  TierOptions tier;
  std::string auth_file;                  // -Y
  Protocols protocols = Protocols::kAny;  // -B
  bool protocols_asked = false;           // -B was given
  bool sasl_asked = false;                // -S

  std::string config_file;    // --config
  bool check_config = false;  // --check-config: report whether all this can work, and end
  LogFormat log_format = LogFormat::kText;
  unsigned drain_delay_s = 0;    // --drain-delay: from "not ready" to refusing new connections
  unsigned drain_timeout_s = 5;  // --drain-timeout: then the remaining connections are closed

  bool daemon = false;
  bool lock_memory = false;
  bool huge_pages = false;
  bool core_dumps = false;
  bool max_item_asked = false;  // -I was given
  std::string user;
  std::string pid_file;
  // Flags that were accepted although they have no effect here. Logged at -v.
  std::vector<std::string> notes;
  std::vector<std::string> warnings;  // always logged
};

}  // namespace isocache
