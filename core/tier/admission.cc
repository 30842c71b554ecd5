#include "tier/admission.h"

#include <algorithm>

#include "base/check.h"

namespace isocache {
namespace {

// Steering aims below the budget, so that the overdraft is for surprises.
constexpr double kAim = 0.9;
constexpr double kMinShare = 0.001;  // from which it can grow again
constexpr double kMaxFall = 0.5;     // of the share, in one unit of time
constexpr double kMaxRise = 1.25;
constexpr double kSmoothing = 0.25;  // the weight of the last unit of time
// What was not written in quiet times may be written later: so many units' worth.
constexpr double kSavedUnits = 16;
// Of the items that came back, at least. If they are asked for again, they were hit.
constexpr double kReturnedShare = 0.5;

// The upper 53 bits of a random number, as a fraction of 1.
double fraction(std::uint64_t random) { return static_cast<double>(random >> 11U) * 0x1p-53; }

}  // namespace

Admission::Admission(const AdmissionOptions& options)
    : options_(options),
      overdraft_(-static_cast<double>(options.bytes_each_time_unit)),
      random_(options.seed) {
  check(options.share >= 0 && options.share <= 1 && options.seed != 0);
}

bool Admission::admits(const Candidate& candidate) {
  if (candidate.tier_full && !was_full_) {
    was_full_ = true;
    share_ = std::min(share_, max_share());
  }
  if (has_budget() && overdraft_ + static_cast<double>(candidate.bytes) > 0) return false;
  if (candidate.was_hit) return true;
  const double share = candidate.ghost_knows ? std::max(share_, kReturnedShare) : share_;
  return fraction(next_random()) < share;
}

void Admission::on_emptied() {
  was_full_ = false;
  share_ = 1;
}

void Admission::set_share(double share) {
  check(share >= 0 && share <= 1);
  if (share == options_.share) return;
  options_.share = share;
  if (was_full_) share_ = share;  // a budget makes it smaller again
}

void Admission::on_written(std::uint64_t bytes) {
  written_ += static_cast<double>(bytes);
  overdraft_ += static_cast<double>(bytes);
}

void Admission::on_time(std::uint64_t now) {
  if (has_time_ && now > now_ && has_budget()) steer(now - now_);
  now_ = now;
  has_time_ = true;
}

void Admission::steer(std::uint64_t elapsed) {
  const auto units = static_cast<double>(elapsed);
  const auto budget = static_cast<double>(options_.bytes_each_time_unit);
  overdraft_ = std::max(overdraft_ - units * budget, -kSavedUnits * budget);
  rate_ += (written_ / units - rate_) * kSmoothing;
  written_ = 0;
  const double factor = rate_ > 0 ? kAim * budget / rate_ : kMaxRise;
  share_ *= std::clamp(factor, kMaxFall, kMaxRise);
  share_ = std::min(std::max(share_, kMinShare), max_share());
}

// xorshift64 (Marsaglia, "Xorshift RNGs", 2003).
std::uint64_t Admission::next_random() {
  random_ ^= random_ << 13U;
  random_ ^= random_ >> 7U;
  random_ ^= random_ << 17U;
  return random_;
}

}  // namespace isocache
