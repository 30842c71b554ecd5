// Seeded random numbers that are the same everywhere. The standard library's distributions differ
// between implementations, and a replay must repeat exactly.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

namespace isocache::bench {

// The finaliser of splitmix64 (S. Vigna): a good 64-bit mix of one number.
constexpr std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31U);
}

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(mix(seed)) {}

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15U;
    return mix(state_);
  }
  // In [0, bound). For bounds far below 2^32 the bias is too small to show.
  std::uint64_t below(std::uint64_t bound) { return ((next() >> 32U) * bound) >> 32U; }
  // In (0, 1).
  double unit() { return (static_cast<double>(next() >> 11U) + 0.5) * 0x1p-53; }
  // Standard normal, by Box and Muller.
  double normal() {
    const double radius = std::sqrt(-2.0 * std::log(unit()));
    return radius * std::cos(2.0 * std::numbers::pi * unit());
  }

 private:
  std::uint64_t state_;
};

// Ranks 0 .. count-1 with probability proportional to 1 / (rank + 1)^exponent, in constant time:
// W. Hörmann and G. Derflinger, "Rejection-inversion to generate variates from monotone discrete
// distributions", ACM TOMACS 6(3), 1996.
class Zipf {
 public:
  Zipf(std::uint64_t count, double exponent)
      : exponent_(exponent),
        low_(integral(1.5) - 1.0),
        high_(integral(static_cast<double>(count) + 0.5)),
        accept_(2.0 - inverse(integral(2.5) - density(2.0))) {}

  std::uint64_t operator()(Random& random) const {
    for (;;) {
      const double u = high_ + random.unit() * (low_ - high_);
      const double x = inverse(u);
      const double k = std::floor(x + 0.5);
      if (k - x <= accept_ || u >= integral(k + 0.5) - density(k)) {
        return static_cast<std::uint64_t>(k) - 1;
      }
    }
  }

 private:
  double density(double x) const { return std::exp(-exponent_ * std::log(x)); }
  // The integral of density from 1 to x; its limit, a logarithm, where the exponent is 1.
  double integral(double x) const {
    const double log_x = std::log(x);
    const double t = (1.0 - exponent_) * log_x;
    return std::abs(t) < 1e-8 ? log_x : std::expm1(t) / (1.0 - exponent_);
  }
  double inverse(double y) const {
    const double t = y * (1.0 - exponent_);
    return std::exp(std::abs(t) < 1e-8 ? y : std::log1p(t) / (1.0 - exponent_));
  }

  double exponent_;
  double low_;
  double high_;
  double accept_;
};

}  // namespace isocache::bench
