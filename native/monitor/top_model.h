// What `isocached top` knows: figures of `stats` now and a while ago, and counts by key and by
// prefix from the lines of `watch`.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "native/monitor/event_line.h"
#include "native/monitor/tally.h"

namespace isocache {

using StatsRows = std::map<std::string, std::string, std::less<>>;

class TopModel {
 public:
  explicit TopModel(char prefix_delimiter) : delimiter_(prefix_delimiter) {}

  // A line of `watch`.
  void add_line(std::string_view line);
  // All rows of `stats`, `seconds` after those before.
  void add_stats(StatsRows rows, double seconds);
  // Time goes on: what was counted so far counts less.
  void fade(double factor);

  std::uint64_t number(std::string_view row) const { return number_in(now_, row); }
  std::string_view text(std::string_view row) const;
  // Of a counter, a second, between the last two add_stats().
  double rate(std::string_view row) const;
  // Hits of all gets between the last two add_stats(); negative: there were none.
  double hit_ratio() const;

  const Tally& keys() const { return keys_; }
  const Tally& prefixes() const { return prefixes_; }
  const Counts& all() const { return all_; }
  std::uint64_t seen() const { return seen_; }
  std::uint64_t skipped() const { return skipped_; }

 private:
  static constexpr std::size_t kMostKeys = 8192;
  static constexpr std::size_t kMostPrefixes = 2048;
  // Commands that store or delete look for their item first. That lookup is no get.
  struct LastGet {
    std::string key;
    std::string client;
    bool hit = false;
    bool pending = false;
  };

  static std::uint64_t number_in(const StatsRows& rows, std::string_view row);
  template <typename Change>
  void count(std::string_view key, Change&& change);
  void count_get(const EventLine& event);
  void take_get_back(const EventLine& event);
  std::string_view prefix_of(std::string_view key) const;

  char delimiter_;
  StatsRows now_;
  StatsRows before_;
  double seconds_ = 0;
  Tally keys_{kMostKeys};
  Tally prefixes_{kMostPrefixes};
  Counts all_;
  LastGet last_get_;
  std::uint64_t seen_ = 0;
  std::uint64_t skipped_ = 0;
};

}  // namespace isocache
