#include "native/monitor/top_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace isocache {
namespace {

constexpr std::size_t kFigureColumns = 46;  // what stands behind a name
constexpr std::size_t kLeastNameColumns = 12;

std::string grouped(double number) {
  constexpr std::size_t kGroup = 3;
  std::string digits = fmt::format("{:.0f}", number);
  for (std::size_t at = digits.size(); at > kGroup;) digits.insert(at -= kGroup, ",");
  return digits;
}

std::string percent(double part, double whole) {
  return whole <= 0 ? "-" : fmt::format("{:.1f}%", 100 * part / whole);
}

std::string duration(std::uint64_t seconds) {
  constexpr std::uint64_t kMinute = 60;
  constexpr std::uint64_t kHour = 60 * kMinute;
  constexpr std::uint64_t kDay = 24 * kHour;
  if (seconds >= kDay) return fmt::format("{}d {}h", seconds / kDay, seconds % kDay / kHour);
  if (seconds >= kHour) return fmt::format("{}h {}m", seconds / kHour, seconds % kHour / kMinute);
  return fmt::format("{}m {}s", seconds / kMinute, seconds % kMinute);
}

double megabytes(std::uint64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

void add_summary(const TopModel& model, std::string_view address, std::vector<TopLine>& lines) {
  lines.push_back({fmt::format("{}  up {}  clients {}", address, duration(model.number("uptime")),
                               model.text("curr_connections")),
                   true});
  lines.push_back({fmt::format(
      "memory {:.1f} of {:.1f} MB  items {}  evictions/s {}", megabytes(model.number("bytes")),
      megabytes(model.number("limit_maxbytes")),
      grouped(static_cast<double>(model.number("curr_items"))), grouped(model.rate("evictions")))});
  const double ratio = model.hit_ratio();
  lines.push_back(
      {fmt::format("gets/s {}  sets/s {}  touches/s {}  hits {}", grouped(model.rate("cmd_get")),
                   grouped(model.rate("cmd_set")), grouped(model.rate("cmd_touch")),
                   ratio < 0 ? "-" : percent(ratio, 1))});
  const auto seen = static_cast<double>(model.seen());
  const auto skipped = static_cast<double>(model.skipped());
  lines.push_back({fmt::format("tables: {} events seen, {} skipped ({} of all)", grouped(seen),
                               grouped(skipped), percent(seen, seen + skipped))});
}

void add_table(const Tally& tally, const Counts& all, std::string_view title, std::size_t rows,
               std::size_t columns, std::vector<TopLine>& lines) {
  const std::size_t width = std::max(
      kLeastNameColumns, columns > kFigureColumns ? columns - kFigureColumns : std::size_t{0});
  lines.push_back({});
  lines.push_back({fmt::format("{:<{}}{:>9}{:>10}{:>8}{:>10}{:>9}", title, width, "share",
                               "lookups", "hits", "stores", "evicted"),
                   true});
  for (const auto& [name, counts] : tally.top(rows)) {
    std::string shown = readable_key(name);
    if (shown.size() > width - 1) shown = shown.substr(0, width - 2) + "~";
    lines.push_back({fmt::format("{:<{}}{:>9}{:>10}{:>8}{:>10}{:>9}", shown, width,
                                 percent(counts.all(), all.all()), grouped(counts.lookups),
                                 percent(counts.hits, counts.lookups), grouped(counts.stores),
                                 grouped(counts.evictions))});
  }
}

}  // namespace

std::vector<TopLine> top_lines(const TopModel& model, std::string_view address,
                               const TopSize& size) {
  constexpr std::size_t kOfTables = 4;  // an empty line and a heading each
  std::vector<TopLine> lines;
  add_summary(model, address, lines);
  std::size_t keys = size.rows;
  std::size_t prefixes = size.rows;
  if (size.lines != 0) {
    const std::size_t used = lines.size() + kOfTables;
    const std::size_t room = size.lines > used ? size.lines - used : 0;
    prefixes = std::min(room / 2, model.prefixes().size());
    keys = room - prefixes;
  }
  add_table(model.keys(), model.all(), "hot keys", keys, size.columns, lines);
  add_table(model.prefixes(), model.all(), "prefixes", prefixes, size.columns, lines);
  if (size.lines != 0 && lines.size() > size.lines) lines.resize(size.lines);
  return lines;
}

}  // namespace isocache
