// Counts by name, for very many names in little memory: names that come seldom are forgotten, and
// the frequent ones stay. What is forgotten and comes again starts at 0, so a count may be too low.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace isocache {

struct Counts {
  double lookups = 0;
  double hits = 0;
  double stores = 0;
  double evictions = 0;

  double all() const { return lookups + stores + evictions; }
  void scale(double factor) {
    for (double* const count : {&lookups, &hits, &stores, &evictions}) *count *= factor;
  }
};

class Tally {
 public:
  explicit Tally(std::size_t most) : most_(most) {}

  Counts& operator[](std::string_view name) {
    if (const auto known = counts_.find(name); known != counts_.end()) return known->second;
    if (counts_.size() >= most_) forget();
    return counts_.emplace(std::string(name), Counts()).first->second;
  }
  // Recent events count more: all counts become smaller, and the smallest ones go.
  void scale(double factor) {
    constexpr double kNothing = 0.01;
    for (auto at = counts_.begin(); at != counts_.end();) {
      at->second.scale(factor);
      at = at->second.all() < kNothing ? counts_.erase(at) : std::next(at);
    }
  }
  std::size_t size() const { return counts_.size(); }

  // The `count` names with the most lookups, or stores where nobody looks.
  using Row = std::pair<std::string_view, Counts>;
  std::vector<Row> top(std::size_t count) const {
    std::vector<Row> rows(counts_.begin(), counts_.end());
    const std::size_t shown = std::min(count, rows.size());
    std::partial_sort(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(shown), rows.end(),
                      [](const Row& one, const Row& other) {
                        if (one.second.all() != other.second.all())
                          return one.second.all() > other.second.all();
                        return one.first < other.first;
                      });
    rows.resize(shown);
    return rows;
  }

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  // Half of the names go, those with the fewest events.
  void forget() {
    std::vector<double> all;
    all.reserve(counts_.size());
    for (const auto& [name, counts] : counts_) all.push_back(counts.all());
    const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
    std::nth_element(all.begin(), middle, all.end());
    std::erase_if(counts_,
                  [least = *middle](const auto& one) { return one.second.all() <= least; });
  }

  std::size_t most_;
  std::unordered_map<std::string, Counts, Hash, std::equal_to<>> counts_;
};

}  // namespace isocache
