// Counts of durations in log-linear buckets, as HdrHistogram does it: 64 steps for each power of
// two, so that a percentile is within 1.6 % of the truth, in constant space and time.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace isocache::bench {

class Histogram {
 public:
  void add(std::uint64_t value_ns, std::uint64_t count = 1) {
    counts_[bucket_of(value_ns)] += count;
    total_ += count;
    max_ns_ = std::max(max_ns_, value_ns);
  }
  void add(const Histogram& other) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
    total_ += other.total_;
    max_ns_ = std::max(max_ns_, other.max_ns_);
  }
  std::uint64_t total() const { return total_; }
  std::uint64_t max_ns() const { return max_ns_; }
  // The smallest value that at least this share of all values does not exceed; 0 if there are none.
  std::uint64_t quantile_ns(double share) const {
    const auto rank = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(total_)));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (seen >= rank && counts_[i] != 0) return std::min(highest_in(i), max_ns_);
    }
    return 0;
  }

 private:
  static constexpr unsigned kStepBits = 6;
  static constexpr std::uint64_t kSteps = 1U << kStepBits;
  static constexpr unsigned kPowers = 40;  // up to 18 minutes; longer durations count as 18 minutes

  // Below kSteps, each value has a bucket. Above, the leading kStepBits + 1 bits select the bucket.
  static std::size_t bucket_of(std::uint64_t value) {
    if (value < kSteps) return static_cast<std::size_t>(value);
    const auto power = static_cast<unsigned>(std::bit_width(value)) - kStepBits - 1;
    return static_cast<std::size_t>(std::min(power * kSteps + (value >> power), kBuckets - 1));
  }
  static std::uint64_t highest_in(std::uint64_t bucket) {
    if (bucket < kSteps) return bucket;
    const std::uint64_t power = bucket / kSteps - 1;
    return (((bucket - power * kSteps) + 1) << power) - 1;
  }

  static constexpr std::uint64_t kBuckets = (kPowers - kStepBits + 1) * kSteps;
  std::array<std::uint64_t, kBuckets> counts_{};
  std::uint64_t total_ = 0;
  std::uint64_t max_ns_ = 0;
};

}  // namespace isocache::bench
