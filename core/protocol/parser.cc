#include "protocol/parser.h"

#include <cstring>

#include "protocol/commands.h"
#include "protocol/meta_parser.h"
#include "protocol/numbers.h"
#include "protocol/replies.h"
#include "protocol/tokens.h"

namespace isocache {
namespace {

// memcached keeps value lengths in an int, and adds the two bytes of "\r\n".
constexpr std::uint64_t kMaxValueLength = 0x7FFFFFFF - 2;

AfterLine answer(Request& request, std::string_view reply) {
  request.verb = Verb::kReply;
  request.fixed_reply = reply;
  return AfterLine::kNothing;
}

// An error that noreply hides.
AfterLine answer_unless_quiet(Request& request, std::string_view reply) {
  return answer(request, request.flags.no_reply ? std::string_view() : reply);
}

bool set_key(Request& request, std::string_view key) {
  request.key.bytes = key;
  request.wire_key = key;
  return key.size() <= limits::kMaxKeyBytes;
}

// Its absence is the rule, so look at the end before looking for tokens.
bool ends_with_noreply(std::string_view arguments) {
  return arguments.size() > 7 && last_token(arguments) == "noreply";
}

// From one space to the last one that a good key can have before it, so that most bytes are not
// looked at.
bool any_key_too_long(std::string_view keys) {
  while (keys.size() > limits::kMaxKeyBytes) {
    const std::size_t space = keys.rfind(' ', limits::kMaxKeyBytes);
    if (space == std::string_view::npos) return true;
    keys.remove_prefix(space + 1);
  }
  return false;
}

// get gets gat gats: `keys` are the tokens after the exptime, if there is one. memcached answers a
// retrieval with one bad key with that error alone, so that all keys are looked at first.
AfterLine parse_keys(std::string_view keys, Request& request) {
  request.verb = Verb::kGet;
  request.flags.no_reply = any_key_too_long(keys);
  if (!next_key(keys, request)) {
    return answer(request, request.flags.no_reply ? reply::kBadRetrievalKey : reply::kBadFormat);
  }
  if (!request.fixed_reply.empty()) return AfterLine::kNothing;  // one key: the usual get
  request.line = keys;
  return AfterLine::kMoreKeys;
}

AfterLine parse_get_and_touch(std::string_view arguments, Request& request,
                              std::int64_t max_exptime_s) {
  Tokens tokens(arguments);
  const std::string_view exptime = tokens.next();
  const std::string_view keys = tokens.rest();
  if (tokens.next().empty()) return answer(request, reply::kBadFormat);
  if (!parse_exptime(exptime, max_exptime_s, request.exptime)) {
    return answer(request, reply::kBadExptime);
  }
  request.flags.has_exptime = true;
  return parse_keys(keys, request);
}

void set_store_mode(Command command, Request& request) {
  switch (command) {
    case Command::k_add: request.mode = StoreMode::kAdd; break;
    case Command::k_replace: request.mode = StoreMode::kReplace; break;
    case Command::k_append: request.mode = StoreMode::kAppend; break;
    case Command::k_prepend: request.mode = StoreMode::kPrepend; break;
    default: request.mode = StoreMode::kSet; break;
  }
}

// Both numbers are read with 64 bits and kept with 32, as memcached does: client flags of 2^32 are
// 0, an exptime of 3000000000 is negative, unless exptimes may be that large.
std::int64_t kept_exptime(std::int64_t wide, std::int64_t max_exptime_s) {
  if (wide >= 0 && wide <= max_exptime_s) return wide;
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(wide));
}

AfterLine parse_storage(Command command, std::string_view arguments, Request& request,
                        std::int64_t max_exptime_s) {
  Tokens tokens(arguments);
  const std::string_view key = tokens.next();
  const std::string_view client_flags = tokens.next();
  const std::string_view exptime = tokens.next();
  const std::string_view length = tokens.next();
  std::uint64_t value_length = 0;
  if (!parse_u64(length, value_length) || value_length > kMaxValueLength) {
    return answer(request, reply::kBadFormat);
  }
  request.value_length = static_cast<std::size_t>(value_length);
  request.flags.no_reply = ends_with_noreply(tokens.rest());

  std::uint64_t wide_flags = 0;
  std::int64_t wide_exptime = 0;
  bool good = set_key(request, key) && parse_u64(client_flags, wide_flags) &&
              parse_i64(exptime, wide_exptime);
  if (command == Command::k_cas) {
    good = parse_u64(tokens.next(), request.compare_cas) && good;
    request.flags.has_compare_cas = true;
  }
  if (!good) {
    answer_unless_quiet(request, reply::kBadFormat);
    return AfterLine::kSwallow;
  }
  request.verb = Verb::kStore;
  set_store_mode(command, request);
  request.client_flags = static_cast<std::uint32_t>(wide_flags);
  request.exptime = kept_exptime(wide_exptime, max_exptime_s);
  request.flags.has_exptime = true;
  return AfterLine::kValue;
}

AfterLine parse_arithmetic(Command command, std::string_view arguments, Request& request) {
  Tokens tokens(arguments);
  const std::string_view key = tokens.next();
  const std::string_view arguments_after_key = tokens.rest();
  const std::string_view delta = tokens.next();
  if (delta.empty()) return answer(request, reply::kBadFormat);
  request.flags.no_reply = ends_with_noreply(arguments_after_key);
  if (!set_key(request, key)) return answer_unless_quiet(request, reply::kBadFormat);
  if (!parse_u64(delta, request.delta)) return answer_unless_quiet(request, reply::kBadDelta);
  request.verb = Verb::kArithmetic;
  request.flags.decrement = command == Command::k_decr;
  return AfterLine::kNothing;
}

AfterLine parse_touch(std::string_view arguments, Request& request, std::int64_t max_exptime_s) {
  Tokens tokens(arguments);
  const std::string_view key = tokens.next();
  const std::string_view arguments_after_key = tokens.rest();
  const std::string_view exptime = tokens.next();
  if (exptime.empty()) return answer(request, reply::kBadFormat);
  request.flags.no_reply = ends_with_noreply(arguments_after_key);
  if (!set_key(request, key)) return answer_unless_quiet(request, reply::kBadFormat);
  if (!parse_exptime(exptime, max_exptime_s, request.exptime)) {
    return answer_unless_quiet(request, reply::kBadExptime);
  }
  request.verb = Verb::kTouch;
  request.flags.has_exptime = true;
  return AfterLine::kNothing;
}

// delete <key> [0] [noreply]. Long ago the second argument was a hold time; 0 is still sent by old
// clients. Anything else is refused as memcached 1.6.18 does, on purpose: 1.6.45 ignores it, but
// clients and memccapable test for the refusal.
AfterLine parse_delete(std::string_view arguments, Request& request) {
  Tokens tokens(arguments);
  const std::string_view key = tokens.next();
  if (key.empty()) return answer(request, reply::kBadFormat);
  const std::string_view first = tokens.next();
  const std::string_view second = tokens.next();
  if (!tokens.next().empty()) return answer(request, reply::kError);
  request.flags.no_reply = (second.empty() ? first : second) == std::string_view("noreply");
  if (!set_key(request, key)) return answer_unless_quiet(request, reply::kBadFormat);
  const bool plain = first.empty() || first == "0" || (first == "noreply" && second.empty());
  if (!plain || !(second.empty() || second == "noreply")) {
    return answer_unless_quiet(request, reply::kBadDeleteUsage);
  }
  request.verb = Verb::kDelete;
  return AfterLine::kNothing;
}

AfterLine parse_unknown(std::string_view line, Request& request) {
  // A browser, or a port scanner: hang up, as memcached does.
  if (last_token(line).substr(0, 5) == "HTTP/") {
    answer(request, {});
    return AfterLine::kClose;
  }
  return answer(request, reply::kError);
}

// "get <key>", the usual line: what the general way comes to, without looking for more.
bool parse_plain_get(std::string_view line, Request& request) {
  constexpr std::string_view kGet = "get ";
  if (line.size() <= kGet.size() || line.size() > kGet.size() + limits::kMaxKeyBytes ||
      std::memcmp(line.data(), kGet.data(), kGet.size()) != 0) {
    return false;
  }
  const std::string_view key = line.substr(kGet.size());
  const char* const end = key.data() + key.size();
  if (find_space(key.data(), end) != end) return false;
  request.verb = Verb::kGet;
  request.key.bytes = key;
  request.wire_key = key;
  request.fixed_reply = reply::kEnd;
  return true;
}

// One space and up to nine digits from `at` on; null if there is something else, or `at` is null.
const char* read_plain_number(const char* at, const char* end, std::uint32_t& number) {
  constexpr int kMostDigits = 9;  // no overflow
  if (at == nullptr || at == end || *at != ' ') return nullptr;
  const char* const begin = ++at;
  std::uint32_t sum = 0;
  for (; at != end; ++at) {
    const unsigned digit = static_cast<unsigned char>(*at) - unsigned{'0'};
    if (digit > 9) break;
    sum = sum * 10 + digit;  // wraps around if there are too many
  }
  number = sum;
  return at == begin || at - begin > kMostDigits ? nullptr : at;
}

// "set <key> <flags> <exptime> <length>", likewise.
bool parse_plain_set(std::string_view line, Request& request) {
  constexpr std::string_view kSet = "set ";
  if (line.size() <= kSet.size() || std::memcmp(line.data(), kSet.data(), kSet.size()) != 0) {
    return false;
  }
  const char* const end = line.data() + line.size();
  const char* const key = line.data() + kSet.size();
  const auto key_length = static_cast<std::size_t>(find_space(key, end) - key);
  std::uint32_t exptime = 0;
  std::uint32_t value_length = 0;
  if (key_length - 1 >= limits::kMaxKeyBytes) return false;
  std::uint32_t client_flags = 0;
  const char* const flags_end = read_plain_number(key + key_length, end, client_flags);
  const char* const exptime_end = read_plain_number(flags_end, end, exptime);
  if (read_plain_number(exptime_end, end, value_length) != end) return false;
  request.verb = Verb::kStore;
  request.key.bytes = {key, key_length};
  request.wire_key = request.key.bytes;
  request.client_flags = client_flags;
  request.exptime = exptime;
  request.flags.has_exptime = true;
  request.value_length = value_length;
  return true;
}

}  // namespace

bool next_key(std::string_view& keys, Request& request) {
  Tokens tokens(keys);
  const std::string_view key = tokens.next();
  keys = tokens.rest();
  request.key.bytes = key;
  request.wire_key = key;
  if (keys.empty() && !request.flags.no_reply) request.fixed_reply = reply::kEnd;
  return !key.empty() && key.size() <= limits::kMaxKeyBytes;
}

std::string_view end_of_retrieval(const RequestFlags& flags) {
  return flags.no_reply ? reply::kBadRetrievalKey : reply::kEnd;
}

AfterLine parse_line(std::string_view line, KeyBuffer& key_buffer, Request& request,
                     std::int64_t max_exptime_s) {
  if (parse_plain_get(line, request)) return AfterLine::kNothing;
  if (parse_plain_set(line, request)) return AfterLine::kValue;
  if (line.size() < 2) return answer(request, reply::kBadFormat);
  const char* const end = line.data() + line.size();
  const auto verb_length = static_cast<std::size_t>(find_space(line.data(), end) - line.data());
  const std::string_view verb = line.substr(0, verb_length);
  const std::string_view arguments = line.substr(verb_length);
  const Command command = find_command(verb);
  const CommandFamily family = family_of(command);
  switch (family) {
    case CommandFamily::kRetrieval:
      request.flags.return_cas = command == Command::k_gets;
      return parse_keys(arguments, request);
    case CommandFamily::kGetAndTouch:
      request.flags.return_cas = command == Command::k_gats;
      return parse_get_and_touch(arguments, request, max_exptime_s);
    case CommandFamily::kStorage: return parse_storage(command, arguments, request, max_exptime_s);
    case CommandFamily::kArithmetic: return parse_arithmetic(command, arguments, request);
    case CommandFamily::kTouch: return parse_touch(arguments, request, max_exptime_s);
    case CommandFamily::kDelete: return parse_delete(arguments, request);
    case CommandFamily::kAdmin:
      request.verb = Verb::kAdmin;
      request.line = line;
      return AfterLine::kNothing;
    case CommandFamily::kUnknown: return parse_unknown(line, request);
    default: return parse_meta_line(family, arguments, key_buffer, request, max_exptime_s);
  }
}

bool make_request(std::string_view verb, std::string_view key, std::string_view flags,
                  std::string_view value, KeyBuffer& key_buffer, Request& request) {
  const CommandFamily family = family_of(find_command(verb));
  switch (family) {
    case CommandFamily::kMetaGet:
    case CommandFamily::kMetaSet:
    case CommandFamily::kMetaDelete:
    case CommandFamily::kMetaArithmetic:
    case CommandFamily::kMetaDebug:
      request.value_length = value.size();
      request.value = value;
      return parse_meta_tokens(family, key, flags, key_buffer, request, limits::kMaxLateExptimeS);
    default: answer(request, reply::kError); return false;
  }
}

}  // namespace isocache
