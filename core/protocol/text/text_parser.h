// The text half of the parser; see parser.h for the order of the checks.
#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/commands.h"
#include "protocol/parsed_line.h"
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

// Makes `request`, which has the retrieval's flags, a get of the next key of `keys` (at first, what
// keys_to_come was after kMoreKeys). get.last_key tells whether it ends the reply. False when there
// is no key left, or the next one is too long: then end_of_retrieval() ends the reply.
bool next_key(std::string_view& keys, Request& request);
// A retrieval with a key that is too long is silent: the keys before it are read and touched, but
// the reply is the error alone.
std::string_view end_of_retrieval(const RequestFlags& flags);

}  // namespace isocache
