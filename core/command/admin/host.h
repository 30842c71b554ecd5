// What a host adds to the administrative commands: rows, pages and commands for what only it has
// (sockets, threads, certificates). A host without any of that, as the wasm module, gives no more
// than its uptime. HostRegistry is the implementation for a host with much to give.
#pragma once

#include <memory>
#include <string_view>

#include "base/clock.h"
#include "command/backend.h"
#include "command/settings.h"
#include "command/stats/host_rows.h"

namespace isocache {

class AdminCall;

// Called under the same lock as the command.
class AdminHost {
 public:
  virtual ~AdminHost() = default;

  // Rows of `stats` and of `stats settings`.
  virtual void add_stats(UnixSeconds /*now_s*/, HostRows& /*rows*/) {}
  virtual void add_settings(HostRows& /*rows*/) {}
  // `stats <name>`, for a page that the core does not have: its lines and END. Null: the host does
  // not have it either.
  virtual std::unique_ptr<ReplyStream> make_page(std::string_view /*name*/) { return nullptr; }
  // Executes a command of commands.def that the core cannot execute. False: neither can the host.
  virtual bool run(std::string_view /*command*/, AdminCall& /*call*/) { return false; }

  // `stats reset`: the host's counters start again at 0.
  virtual void on_reset() {}
  // A command has changed a setting (never the memory limit).
  virtual void on_settings_changed(const Settings& /*settings*/) {}
};

}  // namespace isocache
