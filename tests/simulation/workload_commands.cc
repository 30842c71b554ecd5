// One request of each kind.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "simulation/numbers.h"
#include "simulation/workload.h"

namespace isocache::simulation {
namespace {

constexpr std::uint32_t kMostTtl_s = 20;

}  // namespace

void Workload::add_get(Connection& to, std::size_t keys) {
  ClientRequest request = make(Command::kGet, random_key());
  request.return_cas = random_.one_in(2);
  request.return_value = true;
  const bool touches = keys == 1 && use_of(request.key()) == KeyUse::kExpiring && random_.one_in(2);
  if (touches) {
    request.touches = true;
    request.ttl_s = 1 + random_.below(kMostTtl_s);
  }
  for (std::size_t n = 1; n < keys; ++n) {
    const KeyId key = random_key();
    const bool asked =
        std::find(request.keys.begin(), request.keys.end(), key) != request.keys.end();
    if (!asked) request.keys.push_back(key);
  }
  std::string line = request.return_cas ? "gets" : "get";
  if (touches) line = fmt::format("{} {}", request.return_cas ? "gats" : "gat", request.ttl_s);
  for (const KeyId key : request.keys) line += " " + key_name(key);
  finish(to, std::move(request), line);
}

void Workload::add_meta_get(Connection& to, KeyId key, bool quiet) {
  ClientRequest request = make(Command::kMetaGet, key);
  request.quiet = quiet;
  request.return_value = !random_.one_in(4);
  std::string line = fmt::format("mg {} O{}", key_name(key), request.version);
  if (quiet) line += " q";
  if (request.return_value) line += " v";
  for (const char* flag : {" c", " f", " k", " s", " t", " h", " l", " u"}) {
    if (random_.one_in(3)) line += flag;
  }
  if (use_of(key) == KeyUse::kExpiring && random_.one_in(4)) {
    request.touches = true;
    request.ttl_s = 1 + random_.below(kMostTtl_s);
    line += fmt::format(" T{}", request.ttl_s);
  }
  finish(to, std::move(request), line);
}

void Workload::add_store(Connection& to, KeyId key, std::size_t length) {
  static constexpr std::array kModes = {Mode::kSet, Mode::kSet,     Mode::kSet,    Mode::kSet,
                                        Mode::kAdd, Mode::kReplace, Mode::kAppend, Mode::kPrepend};
  static constexpr std::array kNames = {"set", "add", "replace", "append", "prepend"};
  ClientRequest request = make(Command::kStore, key);
  request.mode = kModes[random_.below(kModes.size())];
  request.no_reply = random_.one_in(12);
  const bool joins = request.mode == Mode::kAppend || request.mode == Mode::kPrepend;
  request.length = joins ? kChunkHeadBytes + (length - kChunkHeadBytes) / 4 : length;
  if (!joins) {
    request.client_flags = random_.below(1000);
    if (use_of(key) == KeyUse::kExpiring) request.ttl_s = 1 + random_.below(kMostTtl_s);
  }
  value_.clear();
  append_chunk(key, request.version, request.length, value_);
  const std::string line = fmt::format(
      "{} {} {} {} {}{}", kNames[static_cast<std::size_t>(request.mode)], key_name(key),
      request.client_flags, request.ttl_s, request.length, request.no_reply ? " noreply" : "");
  finish(to, std::move(request), line, value_);
}

void Workload::add_meta_store(Connection& to, KeyId key, std::size_t length, bool quiet) {
  static constexpr std::array kModes = {Mode::kSet, Mode::kSet,     Mode::kSet,    Mode::kSet,
                                        Mode::kAdd, Mode::kReplace, Mode::kAppend, Mode::kPrepend};
  ClientRequest request = make(Command::kMetaStore, key);
  request.mode = kModes[random_.below(kModes.size())];
  request.quiet = quiet;
  const bool joins = request.mode == Mode::kAppend || request.mode == Mode::kPrepend;
  request.length = joins ? kChunkHeadBytes + (length - kChunkHeadBytes) / 4 : length;
  value_.clear();
  append_chunk(key, request.version, request.length, value_);
  std::string line = fmt::format("ms {} {} O{}", key_name(key), request.length, request.version);
  if (request.mode != Mode::kSet) {
    line += fmt::format(" M{}", "SERAP"[static_cast<std::size_t>(request.mode)]);
  }
  if (quiet) line += " q";
  if (!joins) {
    request.client_flags = random_.below(1000);
    line += fmt::format(" F{}", request.client_flags);
    if (use_of(key) == KeyUse::kExpiring) {
      request.ttl_s = 1 + random_.below(kMostTtl_s);
      line += fmt::format(" T{}", request.ttl_s);
    }
  }
  finish(to, std::move(request), line, value_);
}

// With the cas id that this client saw last.
void Workload::add_cas(Connection& to) {
  const ReplyReader::SeenCas seen = to.replies().seen_cas;
  if (seen.cas == 0 || use_of(seen.key) == KeyUse::kExpiring) return add_get(to, 1);
  const bool meta = random_.one_in(2);
  ClientRequest request = make(meta ? Command::kMetaStore : Command::kStore, seen.key);
  request.mode = Mode::kCas;
  request.cas = seen.cas;
  request.cas_base = seen.base;
  request.length = random_length();
  request.client_flags = random_.below(1000);
  value_.clear();
  append_chunk(seen.key, request.version, request.length, value_);
  const std::string name = key_name(seen.key);
  const std::string line = meta ? fmt::format("ms {} {} C{} F{} O{}", name, request.length,
                                              request.cas, request.client_flags, request.version)
                                : fmt::format("cas {} {} 0 {} {}", name, request.client_flags,
                                              request.length, request.cas);
  finish(to, std::move(request), line, value_);
}

void Workload::add_delete(Connection& to, KeyId key) {
  const bool meta = random_.one_in(2);
  ClientRequest request = make(meta ? Command::kMetaDelete : Command::kDelete, key);
  request.no_reply = !meta && random_.one_in(6);
  const std::string line =
      meta ? fmt::format("md {} O{}", key_name(key), request.version)
           : fmt::format("delete {}{}", key_name(key), request.no_reply ? " noreply" : "");
  finish(to, std::move(request), line);
}

void Workload::add_touch(Connection& to) {
  ClientRequest request = make(Command::kTouch, key_id(KeyUse::kExpiring, random_.below(8)));
  request.touches = true;
  request.ttl_s = 1 + random_.below(kMostTtl_s);
  request.no_reply = random_.one_in(6);
  const std::string line = fmt::format("touch {} {}{}", key_name(request.key()), request.ttl_s,
                                       request.no_reply ? " noreply" : "");
  finish(to, std::move(request), line);
}

void Workload::add_number(Connection& to) {
  const KeyId key = key_id(KeyUse::kNumber, random_.below(options_.number_keys));
  if (random_.one_in(20)) return add_delete(to, key);
  if (random_.one_in(4)) {
    ClientRequest request = make(Command::kGet, key);
    request.return_value = true;
    return finish(to, std::move(request), "get " + key_name(key));
  }
  const bool less = !Numbers::only_grows(key) && random_.one_in(2);
  if (random_.one_in(3)) {
    ClientRequest request = make(Command::kArithmetic, key);
    const std::string line =
        fmt::format("{} {} {}", less ? "decr" : "incr", key_name(key), Numbers::kStep);
    return finish(to, std::move(request), line);
  }
  ClientRequest request = make(Command::kMetaArithmetic, key);
  request.return_value = random_.one_in(2);
  const std::string line =
      fmt::format("ma {} N0 J{} D{} O{}{}{}", key_name(key), Numbers::initial(key), Numbers::kStep,
                  request.version, less ? " MD" : "", request.return_value ? " v" : "");
  finish(to, std::move(request), line);
}

void Workload::add_quiet_run(Connection& to) {
  for (std::uint32_t n = 1 + random_.below(6); n > 0; --n) {
    const KeyId key = random_key();
    const std::size_t length = random_length();
    if (random_.one_in(3)) {
      add_meta_get(to, key, true);
    } else {
      add_meta_store(to, key, length, true);
    }
  }
  add_noop(to);
}

void Workload::add_admin(Connection& to) {
  const auto one_line = [&](const std::string& line) {
    ClientRequest request = make(Command::kOneLine, 0);
    request.keys.clear();
    finish(to, std::move(request), line);
  };
  const auto list = [&](Command command, std::string_view line) {
    ClientRequest request = make(command, 0);
    request.keys.clear();
    finish(to, std::move(request), line);
  };
  switch (random_.below(10)) {
    case 0: return one_line(fmt::format("verbosity {}", random_.below(3)));
    case 1: return one_line("version");
    case 2: return list(Command::kMetadump, "lru_crawler metadump all");
    case 3: return list(Command::kMgdump, "lru_crawler mgdump all");
    case 4:
    case 5:
      return one_line(
          fmt::format("cache_memlimit {}", options_.least_memlimit_mb + random_.below(9)));
    case 6: {
      if (!options_.flushes) return list(Command::kStats, "stats items");
      ClientRequest request = make(Command::kFlush, 0);
      request.keys.clear();
      if (random_.one_in(2)) {
        request.prefix = 1 + static_cast<unsigned>(random_.below(kPrefixes));
        const std::string line = fmt::format("flush_prefix p{}", request.prefix);
        return finish(to, std::move(request), line);
      }
      request.delay_s = random_.one_in(2) ? 1 + random_.below(8) : 0;
      const std::string line =
          request.delay_s == 0 ? "flush_all" : fmt::format("flush_all {}", request.delay_s);
      return finish(to, std::move(request), line);
    }
    default: {
      static constexpr std::array kStats = {"stats", "stats items", "stats slabs",
                                            "stats settings"};
      return list(Command::kStats, kStats[random_.below(kStats.size())]);
    }
  }
}

}  // namespace isocache::simulation
