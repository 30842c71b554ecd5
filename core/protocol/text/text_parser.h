// The text half of the parser; see parser.h for the order of the checks.
#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/commands.h"
#include "protocol/parser.h"
#include "protocol/request.h"

namespace isocache {

// `arguments` is what follows the verb in `line`. REQUIRES: no meta command.
AfterLine parse_text_line(Command command, std::string_view line, std::string_view arguments,
                          Request& request, std::int64_t max_exptime_s);

// The usual lines, "get <key>" and "set <key> <flags> <exptime> <length>", read the short way. The
// result is that of parse_text_line(). False: the line has another form; the request is unchanged.
bool parse_plain_get(std::string_view line, Request& request);
bool parse_plain_set(std::string_view line, Request& request);

}  // namespace isocache
