// The words of -o.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "native/base/errors.h"
#include "native/base/parse_number.h"
#include "native/base/suggestion.h"
#include "native/cli/flag_table.h"
#include "native/cli/tier_words.h"
#include "native/process/system_call_filter.h"

namespace isocache {
namespace {

template <typename Number>
Number number(std::string_view word, std::string_view value) {
  Number parsed{};
  if (!parse_number(value, parsed)) {
    throw UsageError(fmt::format("-o {}: a number, not '{}'", word, value));
  }
  return parsed;
}

// A decimal such as 0.80, in units of 1/scale.
unsigned scaled(std::string_view word, std::string_view value, double scale) {
  double parsed = 0;
  if (!parse_decimal(value, parsed) || parsed < 0 || parsed > 1e6) {
    throw UsageError(fmt::format("-o {}: a number such as 0.5, not '{}'", word, value));
  }
  return static_cast<unsigned>(std::lround(parsed * scale));
}

std::size_t megabytes(std::string_view word, std::string_view value) {
  return std::size_t{number<unsigned>(word, value)} << 20;
}

// In bytes.
unsigned kilobytes(std::string_view word, std::string_view value) {
  constexpr unsigned kMost_KB = 1U << 20;
  const auto size_KB = number<unsigned>(word, value);
  if (size_KB > kMost_KB) throw UsageError(fmt::format("-o {}: {} at most", word, kMost_KB));
  return size_KB * 1024;
}

void key_format(Options& options, std::string_view value) {
  if (value != "PEM" && value != "pem" && value != "1" && value != "DER" && value != "der" &&
      value != "2") {  // memcached accepts OpenSSL's numbers, too
    throw UsageError(fmt::format("-o ssl_keyformat: PEM (1) or DER (2), not '{}'", value));
  }
  options.tls.key_is_der = value == "DER" || value == "der" || value == "2";
}

// Accepts one of `names`, or its index.
template <std::size_t kCount>
unsigned choice(std::string_view word, std::string_view value,
                const std::array<std::string_view, kCount>& names) {
  const auto named = std::ranges::find(names, value);
  if (named != names.end()) return static_cast<unsigned>(named - names.begin());
  unsigned place = 0;
  if (parse_number(value, place) && place < kCount) return place;
  throw UsageError(fmt::format("-o {}: 0 to {} ({}), not '{}'", word, kCount - 1,
                               fmt::join(names, ", "), value));
}

void verify_mode(Options& options, std::string_view value) {
  constexpr std::array<std::string_view, 4> kNames = {"none", "request", "require", "once"};
  options.tls.verify =
      TlsOptions::Verify{static_cast<std::uint8_t>(choice("ssl_verify_mode", value, kNames))};
}

void min_version(Options& options, std::string_view value) {
  constexpr std::array<std::string_view, 4> kNames = {"tlsv1.0", "tlsv1.1", "tlsv1.2", "tlsv1.3"};
  options.tls.min_version =
      TlsOptions::Version{static_cast<std::uint8_t>(choice("ssl_min_version", value, kNames))};
}

using O = Options&;
using V = std::string_view;
constexpr auto kListening = Purpose::kListening;
constexpr auto kConnections = Purpose::kConnections;
constexpr auto kCommands = Purpose::kCommands;
constexpr auto kProcess = Purpose::kProcess;
constexpr auto kAccepted = Purpose::kAccepted;
constexpr auto kMemory = Purpose::kMemory;

// The defaults of memcached before 1.4.24.
void no_modern(O o, V /*value*/) {
  o.host.max_connections_fast = false;
  o.settings.slab_reassign = false;
  o.settings.slab_automove = 0;
  o.settings.lru_crawler = false;
  o.settings.lru_maintainer = false;
  o.settings.lru_segmented = false;
}

void drop_privileges(O o, V /*value*/) {
  o.host.drop_privileges = kHasSystemCallFilter;
  if (kHasSystemCallFilter) return;
  o.warnings.emplace_back("-o drop_privileges has no effect: this build has no libseccomp");
}

void lru_maintainer(O o, bool on) {
  o.settings.lru_maintainer = on;
  o.settings.lru_segmented = on;
}

void nothing(O /*options*/, V /*value*/) {}

// clang-format off: a table
const Word kWords[] = {
    {"idle_timeout", "<s>", kConnections,
     "close connections that have been idle this long (default 0: never)",
     [](O o, V v) { o.host.idle_timeout_s = number<unsigned>("idle_timeout", v); }},
    {"maxconns_fast", "", kConnections, "close connections beyond -c with an error (default)",
     [](O o, V) { o.host.max_connections_fast = true; }},
    {"no_maxconns_fast", "", kConnections, "let connections beyond -c wait",
     [](O o, V) { o.host.max_connections_fast = false; }},
    {"read_buf_mem_limit", "<mb>", kConnections,
     "largest memory for requests that have come in part, of all connections of the memcached port "
     "together; a connection beyond it is closed (default 0: no limit)",
     [](O o, V v) { o.host.read_buffer_limit_bytes = megabytes("read_buf_mem_limit", v); }},
    {"resp_obj_mem_limit", "<mb>", kConnections, "the same for replies that clients have not taken",
     [](O o, V v) { o.host.reply_limit_bytes = megabytes("resp_obj_mem_limit", v); }},

    {"ext_path", "<file:size>", kMemory,
     "keep items that memory has no room for in this file (size with m, g, t or p); may be given "
     "several times (in a variable: separated by commas)",
     ext_path, true},
    {"ext_page_size", "<mb>", kMemory,
     "size of the regions in which ext_path is written and cleared (default 64; less for small "
     "files)",
     ext_page_size},
    {"ext_engine", "<io_uring|threads>", kMemory,
     "how ext_path is read and written (default io_uring, or threads where the system forbids it)",
     ext_engine},
    {"ext_item_size", "<n>", kMemory,
     "smaller items do not go to ext_path (bytes, as memcached counts them; default 512)",
     [](O o, V v) { o.settings.ext_item_size = ext_number("ext_item_size", v); }},
    {"ext_low_ttl", "<s>", kMemory,
     "items that expire sooner do not go to ext_path (default 0: all may)",
     [](O o, V v) { o.settings.ext_low_ttl = ext_number("ext_low_ttl", v); }},
    {"ext_write_unread", "<percent>", kMemory,
     "percentage of the items that nobody has read that goes to ext_path once it is full (default "
     "5; 100: all, as with memcached's extstore)",
     ext_write_unread},
    {"ext_recache_rate", "<n>", kMemory,
     "which hit brings an item from ext_path back to memory: 1 the first, 0 none, else the second "
     "(default 2000)",
     [](O o, V v) { o.settings.ext_recache_rate = ext_number("ext_recache_rate", v); }},

    {"lru_crawler", "", kCommands, "allow lru_crawler crawl, metadump and mgdump (default)",
     [](O o, V) { o.settings.lru_crawler = true; }},
    {"no_lru_crawler", "", kCommands,
     "refuse lru_crawler crawl, metadump and mgdump until 'lru_crawler enable'",
     [](O o, V) { o.settings.lru_crawler = false; }},
    {"watcher_logbuf_size", "<kb>", kCommands,
     "buffer of each watcher: a line that finds no room is skipped (default 256)",
     [](O o, V v) { o.host.watcher_logbuf_bytes = kilobytes("watcher_logbuf_size", v); }},
    {"worker_logbuf_size", "<kb>", kCommands,
     "buffer of each shard for watchers, while there are any (default 64)",
     [](O o, V v) { o.host.worker_logbuf_bytes = kilobytes("worker_logbuf_size", v); }},
    {"no_modern", "", kConnections,
     "the same as no_maxconns_fast and no_lru_crawler; 'stats settings' also shows "
     "no_lru_maintainer, no_slab_reassign and no_slab_automove",
     no_modern},

    {"drop_privileges", "", kProcess,
     "forbid system calls that a server does not need, such as those that run programs, trace "
     "processes and write files",
     drop_privileges},
    {"no_drop_privileges", "", kProcess, "allow all system calls (default)",
     [](O o, V) { o.host.drop_privileges = false; }},

    {"ssl_chain_cert", "<file>", kListening,
     "file with the server's certificate and those that signed it (PEM)",
     [](O o, V v) { o.tls.chain_cert = v; }},
    {"ssl_key", "<file>", kListening,
     "file with the certificate's private key, if it is not in the same file",
     [](O o, V v) { o.tls.key = v; }},
    {"ssl_keyformat", "<name>", kListening, "format of the private key: PEM (default) or DER",
     key_format},
    {"ssl_verify_mode", "<n>", kListening,
     "clients' certificates: 0 not requested (default), 1 requested, 2 or 3 required", verify_mode},
    {"ssl_ca_cert", "<file>", kListening,
     "file with the authorities that may sign clients' certificates (PEM)",
     [](O o, V v) { o.tls.ca_cert = v; }},
    {"ssl_ciphers", "<list>", kListening, "ciphers for TLS 1.2 and older, by their OpenSSL names",
     [](O o, V v) { o.tls.ciphers = v; }},
    {"ssl_min_version", "<n>", kListening,
     "oldest version of TLS: 0 is 1.0, 1 is 1.1, 2 is 1.2 (default), 3 is 1.3", min_version},
    {"ssl_session_cache", "", kListening, "let clients resume TLS sessions",
     [](O o, V) { o.tls.session_cache = true; }},

    {"hashpower", "<n>", kAccepted, "the index grows by itself",
     [](O o, V v) { o.settings.hash_power_init = number<unsigned>("hashpower", v); }},
    {"no_hashexpand", "", kAccepted, "", nothing},
    {"hash_algorithm", "<name>", kAccepted, "", nothing},
    {"tail_repair_time", "<s>", kAccepted, "", nothing},
    {"lru_crawler_sleep", "<us>", kAccepted, "",
     [](O o, V v) { o.settings.lru_crawler_sleep_us = number<unsigned>("lru_crawler_sleep", v); }},
    {"lru_crawler_tocrawl", "<n>", kAccepted, "",
     [](O o, V v) { o.settings.lru_crawler_tocrawl = number<unsigned>("lru_crawler_tocrawl", v); }},
    {"lru_maintainer", "", kAccepted, "", [](O o, V) { lru_maintainer(o, true); }},
    {"no_lru_maintainer", "", kAccepted, "", [](O o, V) { lru_maintainer(o, false); }},
    {"hot_lru_pct", "<n>", kAccepted, "",
     [](O o, V v) { o.settings.hot_lru_percent = number<unsigned>("hot_lru_pct", v); }},
    {"warm_lru_pct", "<n>", kAccepted, "",
     [](O o, V v) { o.settings.warm_lru_percent = number<unsigned>("warm_lru_pct", v); }},
    {"hot_max_factor", "<x>", kAccepted, "",
     [](O o, V v) { o.settings.hot_max_factor_percent = scaled("hot_max_factor", v, 100); }},
    {"warm_max_factor", "<x>", kAccepted, "",
     [](O o, V v) { o.settings.warm_max_factor_percent = scaled("warm_max_factor", v, 100); }},
    {"temporary_ttl", "<s>", kAccepted, "",
     [](O o, V v) {
       o.settings.temp_lru = true;
       o.settings.temporary_ttl_s = number<unsigned>("temporary_ttl", v);
     }},
    {"slab_reassign", "", kAccepted, "", [](O o, V) { o.settings.slab_reassign = true; }},
    {"no_slab_reassign", "", kAccepted, "", [](O o, V) { o.settings.slab_reassign = false; }},
    {"slab_automove", "<n>", kAccepted, "",
     [](O o, V v) {
       o.settings.slab_automove = v.empty() ? 1 : number<unsigned>("slab_automove", v);
     }},
    {"no_slab_automove", "", kAccepted, "", [](O o, V) { o.settings.slab_automove = 0; }},
    {"slab_automove_ratio", "<x>", kAccepted, "",
     [](O o, V v) {
       o.settings.slab_automove_ratio_percent = scaled("slab_automove_ratio", v, 100);
     }},
    {"slab_automove_window", "<n>", kAccepted, "",
     [](O o, V v) {
       o.settings.slab_automove_window = number<unsigned>("slab_automove_window", v);
     }},
    {"slab_automove_freeratio", "<x>", kAccepted, "",
     [](O o, V v) {
       o.settings.slab_automove_freeratio_permille = ext_scaled("slab_automove_freeratio", v, 1000);
     }},
    {"ext_wbuf_size", "<mb>", kAccepted, "what is written takes a sixteenth of memory at most",
     [](O o, V v) {
       constexpr unsigned kMost_MB = 4095;  // memcached counts it in 32 bits
       const unsigned megabytes = ext_number("ext_wbuf_size", v);
       if (megabytes > kMost_MB) refuse_ext("ext_wbuf_size");
       o.settings.ext_wbuf_bytes = megabytes << 20;
     }},
    {"ext_threads", "<n>", kAccepted, "", [](O, V v) { ext_number("ext_threads", v); }},
    {"ext_io_depth", "<n>", kAccepted, "", [](O, V v) { ext_number("ext_io_depth", v); }},
    {"ext_item_age", "<s>", kAccepted, "items go to ext_path when memory has no room for them",
     [](O o, V v) { o.settings.ext_item_age = ext_number("ext_item_age", v); }},
    {"ext_compact_under", "<n>", kAccepted, "regions of ext_path are cleaned in order",
     [](O o, V v) { o.settings.ext_compact_under = ext_number("ext_compact_under", v); }},
    {"ext_drop_under", "<n>", kAccepted, "",
     [](O o, V v) { o.settings.ext_drop_under = ext_number("ext_drop_under", v); }},
    {"ext_max_sleep", "<us>", kAccepted, "",
     [](O o, V v) { o.settings.ext_max_sleep_us = ext_number("ext_max_sleep", v); }},
    {"ext_max_frag", "<x>", kAccepted, "",
     [](O o, V v) { o.settings.ext_max_frag_percent = ext_scaled("ext_max_frag", v, 100); }},
    {"ext_drop_unread", "", kAccepted, "unread items are never written again",
     [](O o, V) { o.settings.ext_drop_unread = true; }},
    {"slab_chunk_max", "<kb>", kAccepted, "", nothing},
    {"slab_sizes", "<list>", kAccepted, "", nothing},
    {"ssl_wbuf_size", "<kb>", kAccepted, "a reply is encrypted as a whole",
     [](O o, V v) {
       o.tls.write_buffer_bytes = std::uint64_t{number<unsigned>("ssl_wbuf_size", v)} * 1024;
     }},
    {"ssl_kernel_tls", "", kAccepted, "", nothing},
    {"track_sizes", "", kAccepted, "", nothing},
    {"no_track_sizes", "", kAccepted, "", nothing},
    {"inline_ascii_resp", "", kAccepted, "", nothing},
    {"no_inline_ascii_resp", "", kAccepted, "", nothing},
    {"modern", "", kAccepted, "", nothing},
    {"relaxed_privileges", "", kAccepted, "memcached's own tests ask for it", nothing},
    {"sock_cookie_id", "<n>", kAccepted, "", nothing},
    {"ext_page_count", "<n>", kAccepted, "", nothing},
};
// clang-format on

// In lines of a terminal.
std::string words_with_an_effect() {
  constexpr std::size_t kLineBytes = 80;
  std::string lines;
  std::size_t begin = 0;
  for (const Word& word : kWords) {
    if (word.purpose == Purpose::kRefused || !has_effect(word.purpose)) continue;
    if (!lines.empty()) lines += lines.size() - begin > kLineBytes ? ",\n" : ", ";
    if (lines.ends_with('\n')) begin = lines.size();
    lines += word.name;
  }
  return lines;
}

// A line for each word that is like one of ours, and one for all others.
std::string unknown_words(std::span<const std::string_view> unknown) {
  std::vector<std::string_view> names;
  for (const Word& word : kWords) names.push_back(word.name);
  std::vector<std::string> lines;
  std::vector<std::string_view> strange;
  for (const std::string_view name : unknown) {
    const std::string_view meant = nearest(name, names);
    if (meant.empty()) {
      strange.push_back(name);
    } else {
      lines.push_back(fmt::format("-o: '{}' is not known; did you mean {}?", name, meant));
    }
  }
  if (!strange.empty()) {
    lines.push_back(fmt::format(
        "-o: '{}' {} not known; these have an effect, and -h lists all:\n{}",
        fmt::join(strange, "', '"), strange.size() == 1 ? "is" : "are", words_with_an_effect()));
  }
  return fmt::format("{}", fmt::join(lines, "\n"));
}

}  // namespace

std::span<const Word> word_table() { return kWords; }

const Word* find_word(std::string_view name) {
  const auto* const word = std::ranges::find(kWords, name, &Word::name);
  return word == std::end(kWords) ? nullptr : word;
}

void apply_word(Options& options, const Word& word, std::string_view value) {
  const bool may_stand_alone = word.argument.empty() || word.name == "slab_automove";
  if (value.empty() && !may_stand_alone) {
    if (word.name.starts_with("ext_") || word.name == "slab_automove_freeratio") {
      throw UsageError(fmt::format("Missing {} argument", word.name));
    }
    throw UsageError(fmt::format("-o {0}: needs a value, {0}={1}", word.name, word.argument));
  }
  if (!value.empty() && word.argument.empty() && has_effect(word.purpose)) {
    throw UsageError(fmt::format("-o {}: takes no value, and '{}' would not change its meaning",
                                 word.name, value));
  }
  word.apply(options, value);
  if (word.purpose == kAccepted) {
    options.notes.push_back(fmt::format("-o {} has no effect", word.name));
  }
}

void apply_words(Options& options, std::string_view list) {
  for_each_word(
      list, [&](const Word& word, std::string_view value) { apply_word(options, word, value); });
}

void for_each_word(std::string_view list,
                   const std::function<void(const Word&, std::string_view value)>& visit) {
  std::vector<std::string_view> unknown;
  while (!list.empty()) {
    const auto comma = list.find(',');
    const std::string_view text = list.substr(0, comma);
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
    if (text.empty()) continue;
    const auto equals = text.find('=');
    const std::string_view name = text.substr(0, equals);
    const Word* const word = find_word(name);
    if (word == nullptr) {
      unknown.push_back(name);
    } else {
      visit(*word, equals == std::string_view::npos ? std::string_view() : text.substr(equals + 1));
    }
  }
  if (!unknown.empty()) throw UsageError(unknown_words(unknown));
}

}  // namespace isocache
