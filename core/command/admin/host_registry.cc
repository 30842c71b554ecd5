#include "command/admin/host_registry.h"

#include <algorithm>

#include "base/check.h"

namespace isocache {
namespace {

// The entry with that name in a list of (name, entry) pairs, or the list's end.
template <typename List>
auto find_in(List& list, std::string_view name) {
  return std::find_if(list.begin(), list.end(),
                      [name](const auto& entry) { return entry.first == name; });
}

}  // namespace

void HostRegistry::counter(std::string_view name, Number read) {
  gauge(name, std::move(read));
  stats_.back().resets = true;
}

void HostRegistry::gauge(std::string_view name, Number read, unsigned digits) {
  check(!has_stat(name));
  stats_.push_back({.name = name, .read = std::move(read), .digits = digits});
}

void HostRegistry::text(std::string_view name, std::string_view value) {
  check(!has_stat(name));
  texts_.add(name, value);
}

bool HostRegistry::has_stat(std::string_view name) const {
  const auto has_name = [name](const Stat& stat) { return stat.name == name; };
  return texts_.find(name) != nullptr || std::any_of(stats_.begin(), stats_.end(), has_name);
}

void HostRegistry::hide(std::string_view name) { hidden_.push_back(name); }

void HostRegistry::page(std::string_view name, MakePage make) {
  check(find_in(pages_, name) == pages_.end());
  pages_.emplace_back(name, std::move(make));
}

void HostRegistry::command(std::string_view name, Run run) {
  check(find_in(commands_, name) == commands_.end());
  commands_.emplace_back(name, std::move(run));
}

void HostRegistry::add_stats(UnixSeconds /*now_s*/, HostRows& rows) {
  rows = texts_;
  for (const Stat& stat : stats_) {
    rows.add(stat.name, stat.read() - stat.at_reset, stat.digits);
  }
  for (const std::string_view name : hidden_) rows.hide(name);
}

std::unique_ptr<ReplyStream> HostRegistry::make_page(std::string_view name) {
  const auto page = find_in(pages_, name);
  return page == pages_.end() ? nullptr : page->second();
}

bool HostRegistry::run(std::string_view command, AdminCall& call) {
  const auto known = find_in(commands_, command);
  if (known == commands_.end()) return false;
  known->second(call);
  return true;
}

void HostRegistry::on_reset() {
  for (Stat& stat : stats_) {
    if (stat.resets) stat.at_reset = stat.read();
  }
}

void HostRegistry::on_settings_changed(const Settings& settings) {
  if (tell_) tell_(settings);
}

}  // namespace isocache
