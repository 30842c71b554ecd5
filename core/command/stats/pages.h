// The pages of the `stats` family: memcached 1.6.45's keys in its order, so that tools for
// memcached read them, then our own. Plain data in, text out; nothing here knows a lock.
//
//   EngineFigures, Settings, HostRows  -->  general.def: `stats`, settings.def: `stats settings`
//   EngineFigures                      -->  classes.cc: `stats items`, `stats slabs`
#pragma once

#include "base/clock.h"
#include "command/settings.h"
#include "command/stats/figures.h"
#include "command/stats/host_rows.h"
#include "protocol/output.h"

namespace isocache {

// Each function writes all lines of one sub-command, including END.
void write_stats(const EngineFigures& figures, HostRows host, const Settings& settings,
                 UnixSeconds wall_s, Output& out);
void write_stats_settings(const Settings& settings, HostRows host, Output& out);
void write_stats_items(const EngineFigures& figures, UnixSeconds now_s, Output& out);
void write_stats_slabs(const EngineFigures& figures, Output& out);

}  // namespace isocache
