// Writes what a command did in the binary protocol. See wording.h.
#pragma once

#include <string_view>

#include "command/outcome.h"
#include "protocol/binary/frame.h"
#include "protocol/output.h"
#include "protocol/request.h"

namespace isocache::binary {

void word(const GetOutcome& outcome, const Request& request, Output& out);
void word(const StoreOutcome& outcome, const Request& request, Output& out);
void word(const DeleteOutcome& outcome, const Request& request, Output& out);
void word(const ArithmeticOutcome& outcome, const Request& request, Output& out);
void word(const TouchOutcome& outcome, const Request& request, Output& out);
// The reply of a kReply.
void word(const ReplyFields& reply, const Request& request, Output& out);

// A reply without facts about an item: an error, and its text; or what an administrative command
// says.
void append_frame(Status status, std::string_view body, const Request& request, Output& out);
inline void append_status(Status status, const Request& request, Output& out) {
  append_frame(status, text_of(status), request, out);
}
// A row of `stats`.
void append_row(std::string_view key, std::string_view value, const Request& request, Output& out);

}  // namespace isocache::binary
