// The binary protocol's commands that are not about one key: flush, version, stat.
#pragma once

#include "base/clock.h"
#include "command/admin/target.h"
#include "command/backend.h"
#include "protocol/output.h"
#include "protocol/request.h"

namespace isocache {

AdminResult run_binary_command(const Request& request, AdminTarget& target, const Clock& clock,
                               Output& out);

}  // namespace isocache
