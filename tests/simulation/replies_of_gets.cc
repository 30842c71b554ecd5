// The replies of get, gets, gat, gats and mg.
#include <fmt/format.h>

#include "simulation/replies.h"
#include "simulation/reply_words.h"

namespace isocache::simulation {
namespace {

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

}  // namespace

// A data value older than the pointer that was read before it: a client saw a pipeline out of
// order.
void ReplyReader::note_pair(KeyId key, Version version) {
  // A late pointer is read after the data behind it.
  if (use_of(key) == KeyUse::kPointer) pointer_ = late_.time != 0 ? 0 : version;
  if (use_of(key) != KeyUse::kData) return;
  const auto given_up = expected_.given_up_data.upper_bound(version);
  const bool excused = given_up != expected_.given_up_data.end() && *given_up < pointer_;
  if (version != 0 && pointer_ != 0 && version + 1 < pointer_ && !excused) {
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
      expected_.oracle.read({key, turn_, value, client_flags, has_client_flags, cas, since_s_});
  if (cas != 0 && base != 0) seen_cas = {key, cas, base};
  note_pair(key, base);
}

void ReplyReader::missed(const ClientRequest& request, KeyId key, Interval when) {
  if (request.touches) {
    expected_.oracle.end(key, request.version, Effect::kNone, when, {});
  }
  if (use_of(key) == KeyUse::kNumber) return;
  if (!request.given_up) expected_.oracle.miss(key, when, now_s_);
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
