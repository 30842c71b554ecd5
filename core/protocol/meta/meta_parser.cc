#include "protocol/meta/meta_parser.h"

#include "base/inline.h"
#include "protocol/base64.h"
#include "protocol/meta_flags.h"
#include "protocol/numbers.h"
#include "protocol/replies.h"
#include "protocol/tokens.h"

namespace isocache {
namespace {

// memcached limits all tokens of the line together: command, key, the value length of ms, flags.
constexpr unsigned kMaxTokens = 20;

// The findings of one pass over the flags, besides the fields of the request. An error is only
// noted at first, because an unknown or repeated letter further on takes precedence, and so does a
// later error. Bad client flags have no message of their own in memcached: an earlier error keeps
// its message.
struct FlagScan {
  std::int64_t max_exptime_s;
  std::string_view error = {};
  bool opaque_too_long = false;
  bool has_mode = false;
  char mode = 0;
};

ISOCACHE_CALLED_IN_WASM void read_seconds(std::string_view text, std::int64_t& seconds,
                                          FlagScan& scan) {
  if (!parse_exptime(text, scan.max_exptime_s, seconds)) scan.error = reply::kBadToken;
}

ISOCACHE_CALLED_IN_WASM void read_number(std::string_view text, std::uint64_t& number,
                                         FlagScan& scan,
                                         std::string_view error = reply::kBadToken) {
  if (!parse_u64(text, number)) scan.error = error;
}

// Decodes the key from the form on the wire to the form in the store.
bool decode_key(KeyBuffer& key_buffer, Request& request) {
  std::size_t length = 0;
  if (!base64_decode_loosely(request.wire_key, key_buffer.bytes, &length)) return false;
  request.key.bytes = {key_buffer.bytes, length};
  return true;
}

// D and J are checked in every command, and kept only if the command uses them.
void read_delta(std::string_view text, Request& request, FlagScan& scan) {
  std::uint64_t delta = 0;
  read_number(text, delta, scan, reply::kBadMetaDelta);
  if (request.verb == Verb::kArithmetic) request.arithmetic.delta = delta;
}

void read_initial(std::string_view text, Request& request, FlagScan& scan) {
  std::uint64_t initial = 0;
  read_number(text, initial, scan, reply::kBadMetaInitial);
  if (request.verb == Verb::kArithmetic) request.arithmetic.initial = initial;
}

void read_flag(std::string_view token, KeyBuffer& key_buffer, Request& request, FlagScan& scan) {
  const std::string_view argument = token.substr(1);
  RequestFlags& flags = request.flags;
  switch (token.front()) {
    case 'b':
      flags.binary_key = true;
      if (!decode_key(key_buffer, request)) scan.error = reply::kBadBase64Key;
      break;
    case 'c': flags.return_cas = true; break;
    case 'q': flags.quiet = true; break;
    case 'u': flags.no_update = true; break;
    case 'v': flags.return_value = true; break;
    case 'x': flags.remove_value = true; break;
    case 'I': flags.set_stale = true; break;
    case 'C':
      flags.has_compare_cas = true;
      read_number(argument, request.compare_cas, scan);
      break;
    case 'E':
      flags.has_new_cas = true;
      read_number(argument, request.new_cas, scan);
      break;
    case 'D': read_delta(argument, request, scan); break;
    case 'J': read_initial(argument, request, scan); break;
    case 'F':
      if (!parse_u32(argument, request.client_flags) && scan.error.empty()) {
        scan.error = reply::kBadFormat;
      }
      break;
    case 'N':
      flags.has_vivify = true;
      read_seconds(argument, request.vivify_exptime, scan);
      break;
    case 'R':
      flags.has_recache = true;
      flags.exptime_before_recache = flags.has_exptime;
      read_seconds(argument, request.recache_ttl, scan);
      break;
    case 'T':
      flags.has_exptime = true;
      flags.vivify_before_exptime = flags.has_vivify;
      read_seconds(argument, request.exptime, scan);
      break;
    case 'M':
      scan.has_mode = true;
      scan.mode = argument.empty() ? '\0' : argument.front();
      break;
    case 'O':
      if (token.size() > limits::kMaxOpaqueBytes) scan.opaque_too_long = true;
      break;
    default: break;  // f h k l s t: only the reply uses them; L P: ignored
  }
}

bool too_many_flags(std::string_view text, unsigned most) {
  Tokens tokens(text);
  for (unsigned count = 0; !tokens.next().empty(); ++count) {
    if (count == most) return true;
  }
  return false;
}

// Reads the flags in one pass. Returns the error of a line that cannot be parsed, or nothing.
std::string_view scan_flags(std::string_view text, unsigned most, KeyBuffer& key_buffer,
                            Request& request, FlagScan& scan) {
  Tokens tokens(text);
  std::uint64_t seen = 0;
  unsigned count = 0;
  for (std::string_view token = tokens.next(); !token.empty(); token = tokens.next()) {
    const unsigned bit = meta_flag_bit(token.front());
    const std::uint64_t mask = bit < 64 ? 1ULL << bit : 0;
    if ((kKnownMetaFlags & mask & ~seen) == 0 || ++count > most) {
      if (too_many_flags(text, most)) return reply::kTooManyFlags;
      // memcached calls a byte that is not ASCII a duplicate, too.
      const bool ascii = static_cast<unsigned char>(token.front()) < 127;
      const bool unknown = (kKnownMetaFlags & mask) == 0 && ascii;
      return unknown ? reply::kInvalidFlag : reply::kDuplicateFlag;
    }
    seen |= mask;
    read_flag(token, key_buffer, request, scan);
  }
  return scan.error;
}

std::string_view apply_set_mode(const FlagScan& scan, Request& request) {
  if (!scan.has_mode) return {};
  switch (scan.mode) {
    case 'S': request.store.mode = StoreMode::kSet; return {};
    case 'E': request.store.mode = StoreMode::kAdd; return {};
    case 'R': request.store.mode = StoreMode::kReplace; return {};
    case 'A': request.store.mode = StoreMode::kAppend; return {};
    case 'P': request.store.mode = StoreMode::kPrepend; return {};
    default: return reply::kBadSetMode;
  }
}

std::string_view apply_arithmetic_mode(const FlagScan& scan, Request& request) {
  if (!scan.has_mode) return {};
  switch (scan.mode) {
    case 'I':
    case '+': request.arithmetic.decrement = false; return {};
    case 'D':
    case '-': request.arithmetic.decrement = true; return {};
    default: return reply::kBadArithmeticMode;
  }
}

std::string_view apply_mode(CommandFamily family, const FlagScan& scan, Request& request) {
  if (family == CommandFamily::kMetaSet) return apply_set_mode(scan, request);
  if (family == CommandFamily::kMetaArithmetic) return apply_arithmetic_mode(scan, request);
  return {};
}

// memcached checks the opaque while it writes the reply. In ms and md that happens before the
// command acts. mg and ma act first, as far as the flags before the opaque say.
void note_flags_after_opaque(Request& request) {
  request.flags.opaque_too_long = true;
  Tokens tokens(request.flag_text);
  std::string_view token = tokens.next();
  while (token.front() != 'O') token = tokens.next();
  for (; !token.empty(); token = tokens.next()) {
    if (token.front() == 'T') request.flags.exptime_after_opaque = true;
    if (token.front() == 'N') request.flags.vivify_after_opaque = true;
  }
}

// Reads the key and the flags. Returns the error, or nothing.
std::string_view read_key_and_flags(CommandFamily family, std::string_view key,
                                    std::string_view flags, KeyBuffer& key_buffer, Request& request,
                                    std::int64_t max_exptime_s) {
  request.style = ReplyStyle::kMeta;
  request.key.bytes = key;
  request.wire_key = key;
  request.flag_text = flags;

  const bool is_arithmetic = family == CommandFamily::kMetaArithmetic;
  const auto worded = [is_arithmetic](std::string_view error) {
    return is_arithmetic && error != reply::kTooManyFlags ? reply::kInvalidOrDuplicateFlag : error;
  };
  if (key.size() > limits::kMaxKeyBytes) return worded(reply::kBadFormat);
  if (flags.empty()) return {};
  const unsigned most = kMaxTokens - (family == CommandFamily::kMetaSet ? 3 : 2);
  FlagScan scan{.max_exptime_s = max_exptime_s};
  const std::string_view error = scan_flags(flags, most, key_buffer, request, scan);
  if (!error.empty()) return worded(error);
  const std::string_view mode_error = apply_mode(family, scan, request);
  if (!mode_error.empty()) return mode_error;
  if (!scan.opaque_too_long) return {};
  if (!is_arithmetic && family != CommandFamily::kMetaGet) return reply::kOpaqueTooLong;
  note_flags_after_opaque(request);
  return {};
}

// me accepts only the flag b, and only as the first flag. Like memcached 1.6.45, it uses the key as
// sent if the key is not base64.
std::string_view read_debug_key(std::string_view key, std::string_view flags, KeyBuffer& key_buffer,
                                Request& request) {
  request.style = ReplyStyle::kMeta;
  request.key.bytes = key;
  request.wire_key = key;
  if (key.size() > limits::kMaxKeyBytes) return reply::kBadFormat;
  if (Tokens(flags).next() == "b") decode_key(key_buffer, request);
  return {};
}

void begin(CommandFamily family, Request& request) {
  switch (family) {
    case CommandFamily::kMetaGet:
      request.begin_get();
      request.flags.may_win = true;
      break;
    case CommandFamily::kMetaSet: request.begin_store().too_large_removes = true; break;
    case CommandFamily::kMetaDelete: request.verb = Verb::kDelete; break;
    case CommandFamily::kMetaArithmetic: request.begin_arithmetic(); break;
    default: request.verb = Verb::kDebug; break;
  }
}

// The rest of the line behind the tokens read so far, without leading spaces.
std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  return text;
}

AfterLine parse_meta_set(Tokens& tokens, std::string_view key, KeyBuffer& key_buffer,
                         Request& request, std::int64_t max_exptime_s) {
  std::uint64_t length = 0;
  if (!parse_u64(tokens.next(), length) || length > limits::kMaxSentValueBytes) {
    request.begin_reply(reply::kBadFormat);
    return AfterLine::kNothing;
  }
  const bool good = parse_meta_tokens(CommandFamily::kMetaSet, key, trimmed(tokens.rest()),
                                      key_buffer, request, max_exptime_s);
  const auto value_length = static_cast<std::size_t>(length);
  if (good) {
    request.store.value_length = value_length;
    return AfterLine::kValue;
  }
  request.reply.value_length = value_length;
  return AfterLine::kSwallow;
}

}  // namespace

bool parse_meta_tokens(CommandFamily family, std::string_view key, std::string_view flags,
                       KeyBuffer& key_buffer, Request& request, std::int64_t max_exptime_s) {
  begin(family, request);
  const std::string_view error =
      key.empty() ? reply::kBadFormat
      : family == CommandFamily::kMetaDebug
          ? read_debug_key(key, flags, key_buffer, request)
          : read_key_and_flags(family, key, flags, key_buffer, request, max_exptime_s);
  if (error.empty()) return true;
  request.begin_reply(error);
  return false;
}

AfterLine parse_meta_line(CommandFamily family, std::string_view arguments, KeyBuffer& key_buffer,
                          Request& request, std::int64_t max_exptime_s) {
  if (family == CommandFamily::kMetaNoop) {
    request.begin_reply(reply::kMetaNoop);
    return AfterLine::kNothing;
  }
  Tokens tokens(arguments);
  const std::string_view key = tokens.next();
  if (family == CommandFamily::kMetaSet) {
    return parse_meta_set(tokens, key, key_buffer, request, max_exptime_s);
  }
  parse_meta_tokens(family, key, trimmed(tokens.rest()), key_buffer, request, max_exptime_s);
  return AfterLine::kNothing;
}

}  // namespace isocache
