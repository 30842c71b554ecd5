// Random numbers that repeat on every platform.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>

namespace isocache {

class Random {
 public:
  explicit Random(std::uint32_t seed) : generator_(seed) {}

  std::uint32_t bits() { return static_cast<std::uint32_t>(generator_()); }
  // 0 .. limit - 1
  std::uint32_t below(std::size_t limit) { return bits() % static_cast<std::uint32_t>(limit); }
  bool one_in(std::uint32_t n) { return below(n) == 0; }

 private:
  std::mt19937 generator_;
};

}  // namespace isocache
