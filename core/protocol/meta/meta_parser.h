// The meta half of the parser; see parser.h for the order of the checks.
#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/commands.h"
#include "protocol/parsed_line.h"
#include "protocol/request.h"

namespace isocache {

// `arguments` is the line after the verb. REQUIRES: family is one of the meta families.
AfterLine parse_meta_line(CommandFamily family, std::string_view arguments, KeyBuffer& key_buffer,
                          Request& request, std::int64_t max_exptime_s);

// As parse_meta_line(), but from tokens. On an error it returns false, and the request is a kReply
// with the error's text.
bool parse_meta_tokens(CommandFamily family, std::string_view key, std::string_view flags,
                       KeyBuffer& key_buffer, Request& request, std::int64_t max_exptime_s);

}  // namespace isocache
