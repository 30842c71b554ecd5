// The reply to a request whose value did not come: the same as if no item had its key.
#pragma once

#include "protocol/output.h"
#include "protocol/request.h"

namespace isocache {

void word_miss(const Request& request, Output& out);

}  // namespace isocache
