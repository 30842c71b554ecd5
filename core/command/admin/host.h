// What a host adds to the administrative commands: rows, pages and commands for things that only it
// has (sockets, threads, certificates). A host that has none of these, such as the wasm module,
// gives only its uptime. HostRegistry is the implementation for a host with many of them.
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
  // The lines of `stats <name>` and END, for a page that the core does not have. Null: the host
  // does not have it either.
  virtual std::unique_ptr<ReplyStream> make_page(std::string_view /*name*/) { return nullptr; }
  // Executes a command of commands.def that the core cannot execute. Returns false if the host
  // cannot execute it either.
  virtual bool run(std::string_view /*command*/, AdminCall& /*call*/) { return false; }

  // `stats reset`: the host's counters start again at 0.
  virtual void on_reset() {}
  // A command has changed a setting (never the memory limit).
  virtual void on_settings_changed(const Settings& /*settings*/) {}
};

}  // namespace isocache
