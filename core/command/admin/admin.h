// The commands that are not about one key: flush_all, version, verbosity, stats, cache_memlimit,
// lru_crawler, lru, slabs, watch, shutdown, quit, ... They are parsed and worded here, once. They
// act on an AdminTarget (target.h). What only a host has (sockets, threads, certificates) is its
// AdminHost's (host.h).
//
// A host with several threads runs one administrative command at a time:
//
//   AdminResult administer(const Request& request, const Clock& clock, Output& out,
//                          Waker* waker) {
//     std::lock_guard lock(admin_mutex_);
//     return run_admin_command(request, *this, clock, out, waker);
//   }
//
// A long answer, such as a metadump, is a ReplyStream. Session::resume() asks it for a slice at a
// time, outside of administer(). So scan(), list_tier() and add_prefixes() take no admin lock, only
// a shard's. The stream must be destroyed before the target.
#pragma once

#include "base/clock.h"
#include "command/admin/target.h"
#include "command/backend.h"
#include "protocol/output.h"
#include "protocol/request.h"

namespace isocache {

// Executes one kAdmin request. `waker`: as in Backend::administer().
AdminResult run_admin_command(const Request& request, AdminTarget& target, const Clock& clock,
                              Output& out, Waker* waker);

}  // namespace isocache
