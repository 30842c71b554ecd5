#include "simulation/replies.h"

#include <fmt/format.h>

#include <charconv>

namespace isocache::simulation {
namespace {

bool read_number(std::string_view text, std::uint64_t& number) {
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);  // a number that shrank
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

std::string_view next_token(std::string_view& text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  const std::string_view token = text.substr(0, text.find(' '));
  text.remove_prefix(token.size());
  return token;
}

bool is_no_memory(std::string_view line) { return line.starts_with("SERVER_ERROR out of memory"); }

// The flags of a meta reply.
struct MetaFacts {
  bool good = true;
  bool has_client_flags = false;
  std::uint64_t client_flags = 0;
  std::uint64_t cas = 0;
  std::uint64_t opaque = 0;
  std::uint64_t size = 0;
  bool has_size = false;
  std::string_view key;
};

MetaFacts read_facts(std::string_view flags) {
  MetaFacts facts;
  for (std::string_view token = next_token(flags); !token.empty(); token = next_token(flags)) {
    const std::string_view rest = token.substr(1);
    switch (token.front()) {
      case 'f':
        facts.has_client_flags = true;
        facts.good = facts.good && read_number(rest, facts.client_flags);
        break;
      case 's':
        facts.has_size = true;
        facts.good = facts.good && read_number(rest, facts.size);
        break;
      case 'c': facts.good = facts.good && read_number(rest, facts.cas); break;
      case 'O': facts.good = facts.good && read_number(rest, facts.opaque); break;
      case 'k': facts.key = rest; break;
      case 't':
      case 'h':
      case 'l': break;
      default: facts.good = false;
    }
  }
  return facts;
}

bool is_meta(Command command) {
  return command == Command::kMetaGet || command == Command::kMetaStore ||
         command == Command::kMetaDelete || command == Command::kMetaArithmetic;
}

}  // namespace

std::size_t ReplyReader::read(std::string_view bytes, Interval turn, UnixSeconds now_s) {
  turn_ = turn;
  now_s_ = now_s;
  const std::size_t before = bytes.size();
  while (!journal_.failed() && !bytes.empty()) {
    if (requests.empty()) {
      journal_.fail(
          fmt::format("connection {}: an answer to nothing: {}", connection_, bytes.substr(0, 60)));
      break;
    }
    const Outcome outcome = next(bytes);
    if (outcome == Outcome::kNeedBytes) break;
    if (outcome == Outcome::kDone) {
      requests.pop_front();
      ++answered_;
    }
  }
  return before - bytes.size();
}

void ReplyReader::answered_now() {
  previous_ = turn_.begin;
  previous_now_s_ = now_s_;
}

Expiry ReplyReader::expiry_of(const ClientRequest& request, bool silent) const {
  if (request.ttl_s == 0) return {};
  return {(silent ? previous_now_s_ : now_s_) + request.ttl_s, now_s_ + request.ttl_s};
}

bool ReplyReader::take_line(std::string_view& bytes, std::string_view& line) {
  const std::size_t end = bytes.find('\n');
  if (end == std::string_view::npos) return false;
  line = bytes.substr(0, end);
  if (line.ends_with('\r')) line.remove_suffix(1);
  bytes.remove_prefix(end + 1);
  return true;
}

// A quiet request's answer is known by its opaque.
bool ReplyReader::belongs_to_front(std::string_view line) const {
  const std::size_t at = line.find(" O");
  if (at == std::string_view::npos) return false;
  std::uint64_t opaque = 0;
  read_number(line.substr(at + 2, line.find(' ', at + 2) - at - 2), opaque);
  return opaque == requests.front().version;
}

// An error says not whose it is: any quiet store before the next answer may have been refused.
bool ReplyReader::quiet_store_was_refused(std::string_view line) {
  if (!is_no_memory(line) && !line.starts_with("SERVER_ERROR object too large")) return false;
  bool any = false;
  for (ClientRequest& request : requests) {
    if (!request.quiet) break;
    if (request.command != Command::kMetaStore && request.command != Command::kMetaArithmetic)
      continue;
    request.may_be_refused = true;
    any = true;
  }
  return any;
}

ReplyReader::Outcome ReplyReader::next(std::string_view& bytes) {
  ClientRequest& request = requests.front();
  if (request.no_reply) {
    silent(request, silent_interval());
    return Outcome::kDone;
  }
  if (request.command == Command::kGet) return get(request, bytes);
  std::string_view rest = bytes;
  std::string_view line;
  if (!take_line(rest, line)) return Outcome::kNeedBytes;
  if (request.quiet && !belongs_to_front(line)) {
    if (quiet_store_was_refused(line)) {
      bytes = rest;
      return Outcome::kMore;
    }
    silent(request, silent_interval());
    return Outcome::kDone;
  }
  if (request.command == Command::kMetaGet) return meta_get(request, bytes);
  if (is_meta(request.command) && !line.starts_with("SERVER_ERROR") && !belongs_to_front(line)) {
    return unexpected(request, line);
  }
  bytes = rest;
  answered_now();
  switch (request.command) {
    case Command::kStore:
    case Command::kMetaStore: return store(request, line);
    case Command::kDelete:
    case Command::kMetaDelete: return remove(request, line);
    case Command::kTouch: return touch(request, line);
    case Command::kArithmetic:
    case Command::kMetaArithmetic: return arithmetic(request, bytes, line);
    case Command::kNoop: return line == "MN" ? Outcome::kDone : unexpected(request, line);
    case Command::kOneLine:
      return line == "OK" || line.starts_with("VERSION ") || line.starts_with("MEMLIMIT_")
                 ? Outcome::kDone
                 : unexpected(request, line);
    case Command::kFlush:
      if (line != "OK") return unexpected(request, line);
      expected_.flushed(request, turn_, true);
      return Outcome::kDone;
    default: return list(request, line);
  }
}

ReplyReader::Outcome ReplyReader::unexpected(const ClientRequest& request, std::string_view line) {
  journal_.fail(fmt::format("connection {}: command {} (version {}) was answered: {}", connection_,
                            static_cast<int>(request.command), request.version,
                            line.substr(0, 80)));
  return Outcome::kDone;
}

// stats, metadump, mgdump: lines of one kind, then their end; a dump begins with OK.
ReplyReader::Outcome ReplyReader::list(ClientRequest& request, std::string_view line) {
  const bool dump = request.command == Command::kMgdump;
  if (request.next_key++ == 0 && request.command != Command::kStats) {
    return line == "OK" ? Outcome::kMore : unexpected(request, line);
  }
  if (line == (dump ? "EN" : "END")) return Outcome::kDone;
  const std::string_view begin = dump                                 ? "mg "
                                 : request.command == Command::kStats ? "STAT "
                                                                      : "key=";
  return line.starts_with(begin) ? Outcome::kMore : unexpected(request, line);
}

// A data older than the pointer that was read before it: somebody saw a pipeline out of order.
void ReplyReader::note_pair(KeyId key, Version version) {
  if (use_of(key) == KeyUse::kPointer) pointer_ = version;
  if (use_of(key) != KeyUse::kData) return;
  if (version != 0 && pointer_ != 0 && version + 1 < pointer_) {
    journal_.fail(
        fmt::format("connection {}: ORDER: read pointer version {}, then data version {}, "
                    "which was written before it",
                    connection_, pointer_, version));
  }
  pointer_ = 0;
}

void ReplyReader::hit(ClientRequest& request, KeyId key, std::string_view value,
                      std::uint32_t client_flags, bool has_client_flags, std::uint64_t cas) {
  if (request.touches) {
    expected_.oracle.end(key, request.version, Effect::kApplied, turn_, expiry_of(request, false));
  }
  if (use_of(key) == KeyUse::kNumber) {
    std::uint64_t number = 0;
    if (!read_number(value, number)) {
      journal_.fail(fmt::format("key {}: no number: {}", key, value.substr(0, 30)));
    }
    return;
  }
  const Version base =
      expected_.oracle.read({key, turn_, value, client_flags, has_client_flags, cas, now_s_});
  if (cas != 0 && base != 0) seen_cas = {key, cas, base};
  note_pair(key, base);
}

void ReplyReader::missed(const ClientRequest& request, KeyId key, Interval when) {
  if (request.touches) {
    expected_.oracle.end(key, request.version, Effect::kNone, when, {});
  }
  if (use_of(key) == KeyUse::kNumber) return;
  expected_.oracle.miss(key, when, now_s_);
  note_pair(key, 0);
}

ReplyReader::Outcome ReplyReader::get(ClientRequest& request, std::string_view& bytes) {
  std::string_view rest = bytes;
  std::string_view line;
  if (!take_line(rest, line)) return Outcome::kNeedBytes;
  if (line == "END") {
    for (; request.next_key < request.keys.size(); ++request.next_key) {
      missed(request, request.keys[request.next_key], silent_interval());
    }
    answered_now();
    bytes = rest;
    return Outcome::kDone;
  }
  std::string_view words = line;
  std::uint64_t client_flags = 0;
  std::uint64_t length = 0;
  std::uint64_t cas = 0;
  const bool begins = next_token(words) == "VALUE";
  const std::string_view key = next_token(words);
  const bool good = begins && read_number(next_token(words), client_flags) &&
                    read_number(next_token(words), length) &&
                    request.return_cas == read_number(next_token(words), cas);
  if (!good) return unexpected(request, line);
  if (rest.size() < length + 2) return Outcome::kNeedBytes;
  if (rest.substr(length, 2) != "\r\n") return unexpected(request, "a value without its line end");
  for (; request.next_key < request.keys.size(); ++request.next_key) {
    const KeyId asked = request.keys[request.next_key];
    if (key_name(asked) == key) {
      hit(request, asked, rest.substr(0, length), static_cast<std::uint32_t>(client_flags), true,
          cas);
      ++request.next_key;
      answered_now();
      bytes = rest.substr(length + 2);
      return Outcome::kMore;
    }
    missed(request, asked, silent_interval());
  }
  return unexpected(request, line);
}

ReplyReader::Outcome ReplyReader::meta_get(ClientRequest& request, std::string_view& bytes) {
  std::string_view rest = bytes;
  std::string_view line;
  if (!take_line(rest, line)) return Outcome::kNeedBytes;
  if (!belongs_to_front(line) && line != "EN") return unexpected(request, line);
  std::string_view words = line;
  const std::string_view code = next_token(words);
  if (code == "EN") {
    missed(request, request.key(), turn_);
    answered_now();
    bytes = rest;
    return Outcome::kDone;
  }
  std::uint64_t length = 0;
  const bool with_value = code == "VA";
  if (with_value != request.return_value || (!with_value && code != "HD") ||
      (with_value && !read_number(next_token(words), length))) {
    return unexpected(request, line);
  }
  if (with_value && rest.size() < length + 2) return Outcome::kNeedBytes;
  const MetaFacts facts = read_facts(words);
  const bool good = facts.good && (facts.key.empty() || facts.key == key_name(request.key())) &&
                    (!with_value || rest.substr(length, 2) == "\r\n") &&
                    (!with_value || !facts.has_size || facts.size == length);
  if (!good) return unexpected(request, line);
  if (with_value) {
    hit(request, request.key(), rest.substr(0, length),
        static_cast<std::uint32_t>(facts.client_flags), facts.has_client_flags, facts.cas);
    rest.remove_prefix(length + 2);
  } else if (request.touches) {
    expected_.oracle.end(request.key(), request.version, Effect::kApplied, turn_,
                         expiry_of(request, false));
  }
  answered_now();
  bytes = rest;
  return Outcome::kDone;
}

}  // namespace isocache::simulation
