// A host's rows, pages and commands, each registered by one call while the host starts:
//
//   registry.counter("bytes_read", [this] { return sum_of_bytes_read(); });
//   registry.gauge("curr_connections", [this] { return connection_count(); });
//   registry.setting("tcp_backlog", options.tcp_backlog);
//   registry.page("conns", [this] { return std::make_unique<ConnectionList>(*this); });
//   registry.command("refresh_certs", [this](AdminCall& call) { ... });
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "command/admin/call.h"
#include "command/admin/host.h"

namespace isocache {

// Names must outlive the registry, so they are literals. REQUIRES: no two rows of a page, no two
// pages and no two commands have the same name.
class HostRegistry : public AdminHost {
 public:
  using Number = std::function<std::uint64_t()>;
  using MakePage = std::function<std::unique_ptr<ReplyStream>()>;
  using Run = std::function<void(AdminCall&)>;

  // Rows of `stats`. A counter starts again at 0 with `stats reset`, a gauge does not. A gauge is
  // shown as number / 10^digits.
  void counter(std::string_view name, Number read);
  void gauge(std::string_view name, Number read, unsigned digits = 0);
  void text(std::string_view name, std::string_view value);
  // Hides a row of `stats`, and keeps it readable (HostRows::number()).
  void hide(std::string_view name);

  // Rows of `stats settings`.
  void setting(std::string_view name, std::uint64_t number) { settings_.add(name, number); }
  void setting(std::string_view name, std::string_view text) { settings_.add(name, text); }

  void page(std::string_view name, MakePage make);
  void command(std::string_view name, Run run);
  void when_settings_change(std::function<void(const Settings&)> tell) { tell_ = std::move(tell); }

  // AdminHost
  void add_stats(UnixSeconds now_s, HostRows& rows) override;
  void add_settings(HostRows& rows) override { rows = settings_; }
  std::unique_ptr<ReplyStream> make_page(std::string_view name) override;
  bool run(std::string_view command, AdminCall& call) override;
  void on_reset() override;
  void on_settings_changed(const Settings& settings) override;

 private:
  struct Stat {
    std::string_view name;
    Number read;
    unsigned digits = 0;
    bool resets = false;
    std::uint64_t at_reset = 0;  // the counter's value at the last reset
  };

  bool has_stat(std::string_view name) const;

  std::vector<Stat> stats_;
  HostRows texts_;
  HostRows settings_;
  std::vector<std::string_view> hidden_;
  std::vector<std::pair<std::string_view, MakePage>> pages_;
  std::vector<std::pair<std::string_view, Run>> commands_;
  std::function<void(const Settings&)> tell_;
};

}  // namespace isocache
