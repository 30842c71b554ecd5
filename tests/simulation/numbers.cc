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
  const bool reset = reset_between(key, highest, when);
  if (!reset && highest.when.end < when.begin && number <= highest.number) {
    falls_.push_back({key, highest, {number, when}});
  }
  if (number > highest.number || reset) history.highest = {number, when};
}

bool Numbers::reset_between(KeyId key, const Result& from, Interval to) const {
  const auto between = [&](Interval reset) {
    return reset.end >= from.when.begin && reset.begin <= to.end;
  };
  const std::vector<Interval>& resets = keys_.at(key).resets;
  return std::any_of(resets.begin(), resets.end(), between) ||
         std::any_of(flushed_.begin(), flushed_.end(), between);
}

void Numbers::judge(const std::function<bool(KeyId)>& open) {
  std::erase_if(falls_, [&](const Fall& fall) {
    if (reset_between(fall.key, fall.from, fall.to.when)) return true;
    if (open(fall.key)) return false;
    journal_.fail(fmt::format("key {}: counts {} at {}..{} after {} at {}..{}", fall.key,
                              fall.to.number, fall.to.when.begin, fall.to.when.end,
                              fall.from.number, fall.from.when.begin, fall.from.when.end));
    return true;
  });
}

void Numbers::may_be_reset(KeyId key, Interval when) {
  History& history = keys_[key];
  history.resets.push_back(when);
  if (history.resets.size() > 64) history.resets.erase(history.resets.begin());
}

}  // namespace isocache::simulation
