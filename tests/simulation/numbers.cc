#include "simulation/numbers.h"

#include <fmt/format.h>

#include <algorithm>

namespace isocache::simulation {

void Numbers::result(KeyId key, std::uint64_t number, Interval when) {
  const std::uint64_t rest = number % kStep;
  const bool own = rest == initial(key) || (!only_grows(key) && rest == 0);
  if (!own) journal_.fail(fmt::format("key {}: {} is no number of this key", key, number));
  if (!only_grows(key)) return;
  History& history = keys_[key];
  if (number == initial(key)) return may_be_reset(key, when);
  const Result& highest = history.highest;
  const auto between = [&](Interval reset) {
    return reset.end >= highest.when.begin && reset.begin <= when.end;
  };
  const bool reset = std::any_of(history.resets.begin(), history.resets.end(), between) ||
                     std::any_of(flushed_.begin(), flushed_.end(), between);
  if (!reset && highest.when.end < when.begin && number <= highest.number) {
    journal_.fail(fmt::format("key {}: counts {} at {}..{} after {} at {}..{}", key, number,
                              when.begin, when.end, highest.number, highest.when.begin,
                              highest.when.end));
  }
  if (number > highest.number || reset) history.highest = {number, when};
}

void Numbers::may_be_reset(KeyId key, Interval when) {
  History& history = keys_[key];
  history.resets.push_back(when);
  if (history.resets.size() > 64) history.resets.erase(history.resets.begin());
}

}  // namespace isocache::simulation
