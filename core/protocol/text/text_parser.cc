#include "protocol/text/text_parser.h"

#include <cstring>

#include "protocol/numbers.h"
#include "protocol/replies.h"
#include "protocol/tokens.h"

namespace isocache {
namespace {

AfterLine answer(Request& request, std::string_view reply) {
  request.begin_reply(reply);
  return AfterLine::kNothing;
}

// An error that noreply hides.
AfterLine answer_unless_quiet(Request& request, std::string_view reply) {
  return answer(request, request.flags.quiet ? std::string_view() : reply);
}

bool set_key(Request& request, std::string_view key) {
  request.key.bytes = key;
  request.wire_key = key;
  return key.size() <= limits::kMaxKeyBytes;
}

// Most commands have no noreply. The length of the rest shows that for most of them, without a look
// for tokens.
bool ends_with_noreply(std::string_view arguments) {
  constexpr std::string_view kNoreply = "noreply";
  return arguments.size() > kNoreply.size() && last_token(arguments) == kNoreply;
}

// Visits only the spaces at which a good key could end, so most bytes are skipped.
bool any_key_too_long(std::string_view keys) {
  while (keys.size() > limits::kMaxKeyBytes) {
    const std::size_t space = keys.rfind(' ', limits::kMaxKeyBytes);
    if (space == std::string_view::npos) return true;
    keys.remove_prefix(space + 1);
  }
  return false;
}

// get gets gat gats: `keys` are the tokens after the exptime, if there is one. If one key is bad,
// memcached's reply is that error alone, so all keys are checked first.
AfterLine parse_keys(std::string_view keys, Request& request) {
  request.flags.silent = any_key_too_long(keys);
  request.flags.return_value = !request.flags.silent;
  if (!next_key(keys, request)) {
    return answer(request, request.flags.silent ? reply::kBadRetrievalKey : reply::kBadFormat);
  }
  if (request.get.last_key) return AfterLine::kNothing;  // one key: the usual get
  request.get.keys_to_come = keys;
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
  request.flags.is_touch = true;
  return parse_keys(keys, request);
}

StoreMode mode_of(Command command) {
  switch (command) {
    case Command::k_add: return StoreMode::kAdd;
    case Command::k_replace: return StoreMode::kReplace;
    case Command::k_append: return StoreMode::kAppend;
    case Command::k_prepend: return StoreMode::kPrepend;
    default: return StoreMode::kSet;
  }
}

// As in memcached, both numbers are parsed with 64 bits and kept with 32: client flags of 2^32
// become 0, and an exptime of 3000000000 becomes negative, unless exptimes may be that large.
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
  if (!parse_u64(length, value_length) || value_length > limits::kMaxSentValueBytes) {
    return answer(request, reply::kBadFormat);
  }
  request.flags.quiet = ends_with_noreply(tokens.rest());

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
    request.reply.value_length = static_cast<std::size_t>(value_length);
    return AfterLine::kSwallow;
  }
  StoreFields& store = request.begin_store();
  store.mode = mode_of(command);
  store.value_length = static_cast<std::size_t>(value_length);
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
  request.flags.quiet = ends_with_noreply(arguments_after_key);
  if (!set_key(request, key)) return answer_unless_quiet(request, reply::kBadFormat);
  ArithmeticFields& arithmetic = request.begin_arithmetic();
  if (!parse_u64(delta, arithmetic.delta)) return answer_unless_quiet(request, reply::kBadDelta);
  arithmetic.decrement = command == Command::k_decr;
  return AfterLine::kNothing;
}

AfterLine parse_touch(std::string_view arguments, Request& request, std::int64_t max_exptime_s) {
  Tokens tokens(arguments);
  const std::string_view key = tokens.next();
  const std::string_view arguments_after_key = tokens.rest();
  const std::string_view exptime = tokens.next();
  if (exptime.empty()) return answer(request, reply::kBadFormat);
  request.flags.quiet = ends_with_noreply(arguments_after_key);
  if (!set_key(request, key)) return answer_unless_quiet(request, reply::kBadFormat);
  if (!parse_exptime(exptime, max_exptime_s, request.exptime)) {
    return answer_unless_quiet(request, reply::kBadExptime);
  }
  request.verb = Verb::kTouch;
  request.flags.has_exptime = true;
  return AfterLine::kNothing;
}

// delete <key> [0] [noreply]. The second argument was once a hold time; old clients still send 0.
// Any other value is refused as in memcached 1.6.18, on purpose: 1.6.45 ignores it, but clients and
// memccapable test for the refusal.
AfterLine parse_delete(std::string_view arguments, Request& request) {
  Tokens tokens(arguments);
  const std::string_view key = tokens.next();
  if (key.empty()) return answer(request, reply::kBadFormat);
  const std::string_view first = tokens.next();
  const std::string_view second = tokens.next();
  if (!tokens.next().empty()) return answer(request, reply::kError);
  request.flags.quiet = (second.empty() ? first : second) == std::string_view("noreply");
  if (!set_key(request, key)) return answer_unless_quiet(request, reply::kBadFormat);
  const bool plain = first.empty() || first == "0" || (first == "noreply" && second.empty());
  if (!plain || !(second.empty() || second == "noreply")) {
    return answer_unless_quiet(request, reply::kBadDeleteUsage);
  }
  request.verb = Verb::kDelete;
  return AfterLine::kNothing;
}

// A line that does not begin with a command.
AfterLine parse_unknown(std::string_view line, Request& request) {
  // The client is a browser or a port scanner. As in memcached, the connection is closed.
  if (last_token(line).substr(0, 5) == "HTTP/") {
    answer(request, {});
    return AfterLine::kClose;
  }
  return answer(request, reply::kError);
}

// Parses one space and up to nine digits at `at`. Returns null if there is something else, or if
// `at` is null.
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

}  // namespace

bool parse_plain_get(std::string_view line, Request& request) {
  constexpr std::string_view kGet = "get ";
  if (line.size() <= kGet.size() || line.size() > kGet.size() + limits::kMaxKeyBytes ||
      std::memcmp(line.data(), kGet.data(), kGet.size()) != 0) {
    return false;
  }
  const std::string_view key = line.substr(kGet.size());
  const char* const end = key.data() + key.size();
  if (find_space(key.data(), end) != end) return false;
  request.flags.return_value = true;
  request.key.bytes = key;
  request.wire_key = key;
  request.begin_get().last_key = true;
  return true;
}

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
  request.key.bytes = {key, key_length};
  request.wire_key = request.key.bytes;
  request.client_flags = client_flags;
  request.exptime = exptime;
  request.flags.has_exptime = true;
  request.begin_store().value_length = value_length;
  return true;
}

bool next_key(std::string_view& keys, Request& request) {
  Tokens tokens(keys);
  const std::string_view key = tokens.next();
  keys = tokens.rest();
  request.key.bytes = key;
  request.wire_key = key;
  request.begin_get().last_key = keys.empty() && !request.flags.silent;
  return !key.empty() && key.size() <= limits::kMaxKeyBytes;
}

std::string_view end_of_retrieval(const RequestFlags& flags) {
  return flags.silent ? reply::kBadRetrievalKey : reply::kEnd;
}

AfterLine parse_text_line(Command command, std::string_view line, std::string_view arguments,
                          Request& request, std::int64_t max_exptime_s) {
  switch (family_of(command)) {
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
    case CommandFamily::kAdmin: request.begin_admin().line = line; return AfterLine::kNothing;
    default: return parse_unknown(line, request);
  }
}

}  // namespace isocache
