// The replies that incr, decr and ma may give. The number of key n is n modulo kStep, or 0 after a
// decr below it. If no client decrements it, a later increment must show an earlier one.
#pragma once

#include <cstdint>
#include <functional>
#include <unordered_map>
#include <vector>

#include "simulation/journal.h"
#include "simulation/values.h"

namespace isocache::simulation {

class Numbers {
 public:
  static constexpr std::uint64_t kStep = 10'000;

  explicit Numbers(Journal& journal) : journal_(journal) {}

  static std::uint64_t initial(KeyId key) { return key % kStep; }
  static bool only_grows(KeyId key) { return key % 2 == 0; }

  void result(KeyId key, std::uint64_t number, Interval when);
  // The number may have been created anew.
  void may_be_reset(KeyId key, Interval when);
  void all_may_be_reset(Interval when) { flushed_.push_back(when); }
  // Reports numbers that fell although nothing reset them. Skips keys for which open(key) is true:
  // requests for them have begun whose replies are not read.
  void judge(const std::function<bool(KeyId)>& open);

 private:
  struct Result {
    std::uint64_t number;
    Interval when;
  };
  struct History {
    Result highest{0, {0, 0}};
    std::vector<Interval> resets;
  };
  struct Fall {
    KeyId key;
    Result from;
    Result to;
  };
  bool reset_between(KeyId key, const Result& from, Interval to) const;

  Journal& journal_;
  std::unordered_map<KeyId, History> keys_;
  std::vector<Interval> flushed_;
  std::vector<Fall> falls_;
};

}  // namespace isocache::simulation
