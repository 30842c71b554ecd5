// Writes what a command did in the meta protocol. See wording.h.
#pragma once

#include "command/outcome.h"
#include "protocol/output.h"
#include "protocol/request.h"

namespace isocache::meta {

void word(const GetOutcome& outcome, const Request& request, Output& out);
void word(const StoreOutcome& outcome, const Request& request, Output& out);
void word(const DeleteOutcome& outcome, const Request& request, Output& out);
void word(const ArithmeticOutcome& outcome, const Request& request, Output& out);
void word(const DebugOutcome& outcome, Output& out);

}  // namespace isocache::meta
