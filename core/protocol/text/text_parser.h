// The text half of the parser; see parser.h for the order of the checks.
#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/commands.h"
#include "protocol/parser.h"
#include "protocol/request.h"

namespace isocache {

// `arguments` is the part of `line` after the verb. REQUIRES: no meta command.
AfterLine parse_text_line(Command command, std::string_view line, std::string_view arguments,
                          Request& request, std::int64_t max_exptime_s);

// A fast path for the usual lines, "get <key>" and "set <key> <flags> <exptime> <length>". The
// result is the same as from parse_text_line(). Returns false if the line has another form; then
// the request is unchanged.
bool parse_plain_get(std::string_view line, Request& request);
bool parse_plain_set(std::string_view line, Request& request);

}  // namespace isocache
