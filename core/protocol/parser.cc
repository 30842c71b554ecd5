#include "protocol/parser.h"

#include "base/inline.h"
#include "protocol/commands.h"
#include "protocol/meta/meta_parser.h"
#include "protocol/replies.h"
#include "protocol/text/text_parser.h"
#include "protocol/tokens.h"

namespace isocache {
namespace {

constexpr bool is_meta(CommandFamily family) {
  switch (family) {
    case CommandFamily::kMetaGet:
    case CommandFamily::kMetaSet:
    case CommandFamily::kMetaDelete:
    case CommandFamily::kMetaArithmetic:
    case CommandFamily::kMetaDebug:
    case CommandFamily::kMetaNoop: return true;
    default: return false;
  }
}

}  // namespace

AfterLine parse_line(std::string_view line, KeyBuffer& key_buffer, Request& request,
                     std::int64_t max_exptime_s) {
  if (parse_plain_get(line, request)) return AfterLine::kNothing;
  if (parse_plain_set(line, request)) return AfterLine::kValue;
  if (line.size() < 2) {
    request.begin_reply(reply::kBadFormat);
    return AfterLine::kNothing;
  }
  const char* const end = line.data() + line.size();
  const auto verb_length = static_cast<std::size_t>(find_space(line.data(), end) - line.data());
  const std::string_view arguments = line.substr(verb_length);
  const Command command = find_command(line.substr(0, verb_length));
  const CommandFamily family = family_of(command);
  return is_meta(family) ? parse_meta_line(family, arguments, key_buffer, request, max_exptime_s)
                         : parse_text_line(command, line, arguments, request, max_exptime_s);
}

ISOCACHE_CALLED_IN_WASM bool make_request(std::string_view verb, std::string_view key,
                                          std::string_view flags, std::string_view value,
                                          KeyBuffer& key_buffer, Request& request) {
  const CommandFamily family = family_of(find_command(verb));
  if (!is_meta(family) || family == CommandFamily::kMetaNoop) {
    request.begin_reply(reply::kError);
    return false;
  }
  if (!parse_meta_tokens(family, key, flags, key_buffer, request, limits::kMaxLateExptimeS)) {
    return false;
  }
  if (request.verb == Verb::kStore) {
    request.store.value = value;
    request.store.value_length = value.size();
  }
  return true;
}

}  // namespace isocache
