#include "native/metrics/prefix_metrics.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace isocache {
namespace {

struct PrefixFamily {
  std::string_view name;
  std::string_view help;
  std::uint64_t PrefixCounters::*counter;
};

constexpr PrefixFamily kFamilies[] = {
    {"isocache_prefix_gets_total", "Keys asked for, by prefix.", &PrefixCounters::gets},
    {"isocache_prefix_get_hits_total", "Keys asked for and found, by prefix.",
     &PrefixCounters::hits},
    {"isocache_prefix_sets_total", "Requests to store, by prefix.", &PrefixCounters::sets},
    {"isocache_prefix_deletes_total", "Requests to delete, by prefix.", &PrefixCounters::deletes},
};

std::uint64_t requests(const PrefixCounters& counters) {
  return counters.gets + counters.sets + counters.deletes;
}

void subtract(PrefixCounters& from, const PrefixCounters& counters) {
  for (const PrefixFamily& family : kFamilies) from.*family.counter -= counters.*family.counter;
}

// As in `stats detail dump`.
std::string label_of(std::string_view prefix) {
  constexpr std::size_t kWritten = 3;  // bytes for each one, at most
  std::array<char, limits::kMaxKeyBytes * kWritten> text;
  return {text.data(), write_prefix_name(prefix, text.data())};
}

}  // namespace

// Gives rows that are free to the prefixes that are asked for most.
void PrefixMetrics::choose(const Rows& rows) {
  std::erase_if(shown_, [&](const std::string& name) { return !rows.contains(name); });
  std::vector<Rows::const_pointer> others;
  for (const auto& row : rows) {
    if (!shown_.contains(row.first)) others.push_back(&row);
  }
  const std::size_t free = std::min(most_ - shown_.size(), others.size());
  const auto is_busier = [](Rows::const_pointer a, Rows::const_pointer b) {
    return requests(a->second) > requests(b->second);
  };
  const auto end = others.begin() + static_cast<std::ptrdiff_t>(free);
  std::partial_sort(others.begin(), end, others.end(), is_busier);
  for (auto at = others.begin(); at != end; ++at) shown_.insert((*at)->first);
}

// The counts of the prefixes in shown_, which it brings up to date. Once all rows are taken, it
// looks for no other name: prefixes without end do not make a scrape slow.
PrefixMetrics::Rows PrefixMetrics::take_rows(PrefixCounters& others) {
  const bool full = shown_.size() == most_;
  Rows rows;
  for (unsigned shard = 0; shard < backend_.shard_count(); ++shard) {
    const PrefixStats stats = backend_.prefix_stats(shard);
    others += stats.others();
    stats.visit_behind({}, [&](std::string_view name, const PrefixCounters& counters) {
      others += counters;
      if (!full) rows[std::string(name)] += counters;
      return true;
    });
    if (!full) continue;
    for (const std::string& name : shown_) {
      if (const PrefixCounters* const found = stats.find(name)) rows[name] += *found;
    }
  }
  choose(rows);
  if (full && shown_.size() < most_) {  // the counts were cleared: other names have a chance now
    others = {};
    return take_rows(others);
  }
  std::erase_if(rows, [&](const auto& row) { return !shown_.contains(row.first); });
  for (const auto& row : rows) subtract(others, row.second);
  return rows;
}

void PrefixMetrics::write(MetricsWriter& out) {
  const std::lock_guard lock(mutex_);
  PrefixCounters others;
  const Rows rows = take_rows(others);
  for (const PrefixFamily& family : kFamilies) {
    out.counter(family.name, family.help);
    for (const auto& [name, counters] : rows) {
      out.sample({{"prefix", label_of(name)}}, counters.*family.counter);
    }
    out.sample({{"prefix", kOtherPrefixes}}, others.*family.counter);
  }
}

}  // namespace isocache
