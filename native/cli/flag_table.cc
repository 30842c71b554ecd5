#include "native/cli/flag_table.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <optional>

#include "base/limits.h"
#include "native/base/errors.h"
#include "native/base/parse_number.h"
#include "native/config/origin.h"

namespace isocache {
namespace {

[[noreturn]] void refuse(std::string_view why) { throw UsageError(std::string(why)); }

unsigned number(std::string_view value, std::string_view flag, unsigned least = 0,
                unsigned most = ~0U) {
  unsigned parsed = 0;
  if (!parse_number(value, parsed) || parsed < least || parsed > most) {
    throw UsageError(
        most == ~0U
            ? fmt::format("{}: a number from {} up, not '{}'", flag, least, value)
            : fmt::format("{}: a number from {} to {}, not '{}'", flag, least, most, value));
  }
  return parsed;
}

std::size_t size(std::string_view value, std::string_view flag, std::uint64_t unit) {
  std::uint64_t bytes = 0;
  if (!parse_size(value, unit, bytes) || bytes == 0) {
    throw UsageError(fmt::format("{}: a size such as 64m or 1g, not '{}'", flag, value));
  }
  return bytes;
}

unsigned percent(std::string_view value, std::string_view flag) {
  double factor = 0;
  if (!parse_decimal(value, factor) || factor <= 1.0 || factor > 1000.0) {
    throw UsageError(fmt::format("{}: a factor greater than 1, not '{}'", flag, value));
  }
  return static_cast<unsigned>(std::lround(factor * 100));
}

void append_list(std::vector<std::string>& list, std::string_view value, std::string_view flag) {
  const std::size_t before = list.size();
  while (!value.empty()) {
    const auto comma = value.find(',');
    if (comma != 0) list.emplace_back(value.substr(0, comma));
    value = comma == std::string_view::npos ? std::string_view() : value.substr(comma + 1);
  }
  if (list.size() == before) throw UsageError(fmt::format("{}: an empty list", flag));
}

void listen(Options& options, std::string_view value) {
  options.tcp_asked = true;
  append_list(options.listen, value, "-l");
}

void allow_origin(Options& options, std::string_view value) {
  std::vector<std::string> origins;
  append_list(origins, value, "--allow-origin");
  for (const std::string& origin : origins) {
    std::optional<std::string> sent = origin == "*" ? origin : normalized_origin(origin);
    if (!sent) {
      throw UsageError(
          fmt::format("--allow-origin: an origin as browsers send it, such as "
                      "https://app.example or http://app.example:8080 (no path, no "
                      "pattern), or '*' for any, not '{}'",
                      origin));
    }
    options.http.allowed_origins.push_back(*std::move(sent));
  }
}

void unix_mask(Options& options, std::string_view value) {
  constexpr unsigned kAllModeBits = 0777;
  if (!parse_number(value, options.host.unix_socket_mode, 8) ||
      options.host.unix_socket_mode > kAllModeBits) {
    throw UsageError(fmt::format("-a: an octal mode up to 777, not '{}'", value));
  }
}

void memory_limit(Options& options, std::string_view value) {
  const std::size_t bytes = size(value, "-m", std::size_t{1} << 20);
  if (bytes < limits::kMinStoreBytes) {
    throw UsageError(fmt::format("-m: at least 1m, not '{}'", value));
  }
  options.settings.max_bytes = bytes;
}

void max_item_size(Options& options, std::string_view value) {
  const std::size_t bytes = size(value, "-I", 1);
  if (bytes < limits::kMinMaxItemBytes) refuse("-I: Item max size cannot be less than 1024 bytes.");
  if (bytes > limits::kMaxMaxItemBytes) {
    refuse("-I: Cannot set item size limit higher than a gigabyte.");
  }
  options.settings.max_item_bytes = bytes;
  options.max_item_asked = true;
}

void prefix_delimiter(Options& options, std::string_view value) {
  if (value.size() > 1) {  // as in memcached
    options.notes.push_back(fmt::format("-D: only its first character counts: '{}'", value[0]));
  }
  options.settings.prefix_delimiter = value[0];
  options.settings.detail_enabled = true;
}

void prefix_metrics(Options& options, std::string_view value) {
  options.http.prefix_metrics = number(value, "--prefix-metrics", 1, limits::kMaxPrefixes);
  options.settings.detail_enabled = true;
}

void protocol(Options& options, std::string_view value) {
  options.protocols_asked = true;
  if (value == "auto" || value == "auto-negotiate") {
    options.protocols = Protocols::kAny;
  } else if (value == "ascii") {
    options.protocols = Protocols::kText;
  } else if (value == "binary") {
    options.protocols = Protocols::kBinary;
  } else {
    throw UsageError(fmt::format("-B: one of auto, ascii and binary, not '{}'", value));
  }
}

void udp_port(Options& /*options*/, std::string_view value) {
  if (number(value, "-U", 0, 65535) != 0)
    refuse("-U: UDP is not supported; only 0 (off) is accepted");
}

void print(Options& options, std::string_view value) {
  using Show = Options::Show;
  if (value == "man") {
    options.show = Show::kManPage;
  } else if (value == "flags") {
    options.show = Show::kFlagsPage;
  } else if (value == "bash") {
    options.show = Show::kBashCompletion;
  } else if (value == "zsh") {
    options.show = Show::kZshCompletion;
  } else if (value == "fish") {
    options.show = Show::kFishCompletion;
  } else if (value == "config") {
    options.show = Show::kConfigFile;
  } else {
    throw UsageError(
        fmt::format("--print: man, flags, bash, zsh, fish or config, not '{}'", value));
  }
}

void log_format(Options& options, std::string_view value) {
  if (value == "text") {
    options.log_format = Options::LogFormat::kText;
  } else if (value == "json") {
    options.log_format = Options::LogFormat::kJson;
  } else {
    throw UsageError(fmt::format("--log-format: text or json, not '{}'", value));
  }
}

using O = Options&;
using V = std::string_view;

constexpr auto kListening = Purpose::kListening;
constexpr auto kMemory = Purpose::kMemory;
constexpr auto kConnections = Purpose::kConnections;
constexpr auto kCommands = Purpose::kCommands;
constexpr auto kProcess = Purpose::kProcess;
constexpr auto kAccepted = Purpose::kAccepted;
constexpr auto kRefused = Purpose::kRefused;

// clang-format off: a table
const Flag kFlags[] = {
    {'p', "port", "<num>", kListening, "TCP port (default 11211; 0: any free one)",
     [](O o, V v) {
       o.port = number(v, "-p", 0, 65535);
       o.tcp_asked = true;
     }},
    {'l', "listen", "<addr>", kListening,
     "listen on this address, or address:port (default: loopback only); separate several by commas "
     "or repeat the flag; 'proto[ascii]:' (or binary, as -B) and 'tag[name]:' may precede an "
     "address, in this order",
     listen, true},
    {'s', "unix-socket", "<file>", kListening,
     "listen on this unix socket; this turns TCP off unless -p or -l is given too",
     [](O o, V v) { o.unix_socket = v; }},
    {'a', "unix-mask", "<mask>", kListening, "access mode of the unix socket, octal (default 700)",
     unix_mask},
    {'Z', "enable-ssl", "", kListening,
     "use TLS on every listener except 'notls:...'; needs -o ssl_chain_cert; 'mtls:...': its "
     "clients "
     "need a certificate (-o ssl_ca_cert)",
     [](O o, V) { o.tls.enabled = true; }},
    {kNoLetter, "http", "<addr:port>", kListening,
     "serve the playground (/), WebSocket (/memcached), /metrics, /healthz, /readyz and "
     "/stats.json on this address; /pages lists them; a port alone is one of 127.0.0.1; -Z applies "
     "here too, except to 'notls:...'; "
     "separate several by commas or repeat the flag (default: none)",
     [](O o, V v) { append_list(o.http.listen, v, "--http"); }, true},
    {kNoLetter, "allow-origin", "<origin>", kListening,
     "let pages of this origin, such as https://app.example, open a WebSocket, in addition to "
     "pages "
     "of the server's own origin; '*' allows any origin; separate several by commas or repeat the "
     "flag",
     allow_origin, true},
    {kNoLetter, "websocket-deflate", "", kListening,
     "compress WebSocket frames if the client offers it (costs memory and CPU)",
     [](O o, V) { o.http.deflate = true; }},
    {kNoLetter, "no-playground", "", kListening,
     "do not serve the playground, a page for trying commands, at / of --http: / then lists the "
     "port's pages, as /pages does, and as in a server that was built without it",
     [](O o, V) { o.http.playground = false; }},
    {kNoLetter, "no-slab-metrics", "", kListening,
     "leave memcached_slab_*, about 300 samples, out of /metrics; isocache_band_* has the figures "
     "by size",
     [](O o, V) { o.http.slab_metrics = false; }},
    {kNoLetter, "prefix-metrics", "<num>", kListening,
     "count commands by the prefix of their keys, as -D does, and show the counts in /metrics for "
     "up to this many prefixes (1 to 4096); all others are one row",
     prefix_metrics},
    {'b', "listen-backlog", "<num>", kListening,
     "number of connections that may wait to be accepted (default 1024)",
     [](O o, V v) { o.host.tcp_backlog = number(v, "-b", 1, 1U << 30); }},

    {'m', "memory-limit", "<num>", kMemory,
     "memory for items and their index, in megabytes, or with a unit: 512m, 1g (at least 1m, "
     "default 64)",
     memory_limit},
    {'I', "max-item-size", "<num>", kMemory,
     "largest item: 1k to 1g, at most half of -m (default 1m)", max_item_size},
    {'M', "disable-evictions", "", kMemory,
     "when memory is full, return an error instead of evicting items",
     [](O o, V) { o.settings.evictions = false; }},
    {'k', "lock-memory", "", kMemory,
     "take all memory at once and lock it in RAM; warns if the system does not allow it",
     [](O o, V) { o.lock_memory = true; }},
    {'L', "enable-largepages", "", kMemory, "ask the kernel for 2 MB pages",
     [](O o, V) { o.huge_pages = true; }},

    {'c', "conn-limit", "<num>", kConnections,
     "largest number of connections at a time (default 1024)",
     [](O o, V v) { o.host.max_connections = number(v, "-c", 1, 1U << 24); }},
    {'t', "threads", "<num>", kConnections, "number of threads that serve clients (default 4)",
     [](O o, V v) { o.host.threads = number(v, "-t", 1, 256); }},
    {'R', "max-reqs-per-event", "<num>", kConnections,
     "number of requests that a connection may execute before others get a turn (default 256)",
     [](O o, V v) { o.settings.requests_per_turn = number(v, "-R", 1); }},

    {'A', "enable-shutdown", "", kCommands, "allow the shutdown command",
     [](O o, V) { o.settings.shutdown_enabled = true; }},
    {'F', "disable-flush-all", "", kCommands, "refuse flush_all and flush_prefix",
     [](O o, V) { o.settings.flush_enabled = false; }},
    {'X', "disable-dumping", "", kCommands,
     "refuse metadump, mgdump, stats cachedump and stats detail",
     [](O o, V) { o.settings.dump_enabled = false; }},
    {'W', "disable-watch", "", kCommands, "refuse watch",
     [](O o, V) { o.settings.watch_enabled = false; }},
    {'D', "prefix-delimiter", "<char>", kCommands,
     "count commands by the prefix of their keys, which ends at this character (default ':'); "
     "'stats detail dump' shows the counts; without -D, counting is off until 'stats detail on'",
     prefix_delimiter},
    {'C', "disable-cas", "", kCommands, "items have no cas id",
     [](O o, V) { o.settings.cas_enabled = false; }},

    {'B', "protocol", "<auto|ascii|binary>", kCommands,
     "what clients may speak: ascii (text and meta), binary, or both (default)", protocol},
    {'Y', "auth-file", "<file>", kCommands,
     "clients have to log in: the value of their first set is 'user password', or, in the binary "
     "protocol, SASL PLAIN; each line of the file is user:password",
     [](O o, V v) { o.auth_file = v; }},
    {'S', "enable-sasl", "", kCommands,
     "as -B binary, unless -B is given; clients log in by SASL, with the passwords of -Y",
     [](O o, V) { o.sasl_asked = true; }},

    {'d', "daemon", "", kProcess,
     "run in the background; the command returns when the server is ready",
     [](O o, V) { o.daemon = true; }},
    {'u', "user", "<user>", kProcess, "run as this user (if started as root)",
     [](O o, V v) { o.user = v; }},
    {'P', "pidfile", "<file>", kProcess, "write the process id to this file",
     [](O o, V v) { o.pid_file = v; }},
    {'r', "enable-coredumps", "", kProcess, "raise the limit on the size of core files",
     [](O o, V) { o.core_dumps = true; }},
    {'v', "verbose", "", kProcess,
     "log more to stderr: -v notes, -vv also connections, the lines of commands and of replies (up "
     "to 100 of those that come together), but no values",
     [](O o, V) { ++o.settings.verbosity; }},
    {kNoLetter, "log-format", "<text|json>", kProcess,
     "format of the log: text (default), or json with one object a line", log_format},
    {kNoLetter, "config", "<file>", kProcess,
     "read settings from this file; each line is 'name = value', and a name is the long name of a "
     "flag or a word of -o; flags and ISOCACHED_... variables override the file",
     [](O o, V v) { o.config_file = v; }},
    {kNoLetter, "check-config", "", kProcess,
     "check the configuration, report everything that is wrong with it, and exit",
     [](O o, V) { o.check_config = true; }},
    {kNoLetter, "print", "<man|flags|bash|zsh|fish|config>", kProcess,
     "print the manual page, the flags as Markdown, a shell's completions or a configuration file, "
     "and exit",
     print},
    {kNoLetter, "drain-delay", "<s>", kProcess,
     "on SIGTERM, keep serving for this long while /readyz answers 503 (default 0)",
     [](O o, V v) { o.drain_delay_s = number(v, "--drain-delay", 0, 3600); }},
    {kNoLetter, "drain-timeout", "<s>", kProcess,
     "when the server ends, wait this long for requests that have begun and for clients that read "
     "their replies; then close all connections (default 5)",
     [](O o, V v) { o.drain_timeout_s = number(v, "--drain-timeout", 0, 3600); }},
    {'h', "help", "", kProcess, "print this help and exit",
     [](O o, V) { o.show = Options::Show::kHelp; }},
    {'V', "version", "", kProcess, "print the version and exit",
     [](O o, V) { o.show = Options::Show::kVersion; }},
    {'i', "license", "", kProcess, "print the license and exit",
     [](O o, V) { o.show = Options::Show::kLicense; }},
    {'o', "extended", "<words>", kProcess,
     "more options, separated by commas; this list shows each as -o", apply_words, true},

    {'f', "slab-growth-factor", "<num>", kAccepted, "there are no slabs",
     [](O o, V v) {
       o.settings.growth_factor_percent = percent(v, "-f");
       o.notes.emplace_back("-f has no effect: there are no slabs");
     }},
    {'n', "slab-min-size", "<num>", kAccepted, "there are no slabs",
     [](O o, V v) {
       o.settings.chunk_bytes = number(v, "-n", 1);
       o.notes.emplace_back("-n has no effect: there are no slabs");
     }},
    {'U', "udp-port", "<num>", kAccepted, "0; there is no UDP", udp_port},
    {'N', "napi_ids", "<num>", kAccepted, "connections go to the thread with the fewest",
     [](O o, V v) {
       number(v, "-N");
       o.notes.emplace_back("-N has no effect");
     }},

    {'e', "memory-file", "<file>", kRefused, "not yet",
     [](O, V) { refuse("-e: a memory file is not supported yet"); }},
};
// clang-format on

}  // namespace

std::span<const Flag> flag_table() { return kFlags; }

std::string needs_value(const Flag& flag) {
  const std::string name =
      flag.letter == kNoLetter ? fmt::format("--{}", flag.name) : fmt::format("-{}", flag.letter);
  return fmt::format("{} needs a value: {}", name, flag.argument);
}

std::span<const Purpose> purposes() {
  static constexpr std::array kAll = {kListening, kMemory,   kConnections, kCommands,
                                      kProcess,   kAccepted, kRefused};
  return kAll;
}

std::vector<std::string_view> choices(std::string_view argument) {
  std::vector<std::string_view> names;
  if (argument.find('|') == std::string_view::npos) return names;
  argument = argument.substr(1, argument.size() - 2);
  for (bool more = true; more;) {
    const auto bar = argument.find('|');
    names.push_back(argument.substr(0, bar));
    more = bar != std::string_view::npos;
    if (more) argument.remove_prefix(bar + 1);
  }
  return names;
}

std::string_view heading(Purpose purpose) {
  switch (purpose) {
    case kListening: return "Listening";
    case kMemory: return "Memory";
    case kConnections: return "Connections and threads";
    case kCommands: return "Commands";
    case kProcess: return "Process";
    case kAccepted: return "Accepted for memcached's command lines, without effect";
    case kRefused: return "Refused";
  }
  return "";
}

}  // namespace isocache
