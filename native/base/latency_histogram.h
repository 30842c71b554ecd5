// How long something took: turns of connections, reads of the flash tier. A turn is one read (or
// all WebSocket frames that are ready), a batch of requests, and one write. One thread writes it,
// any thread reads it.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "native/base/counters.h"

namespace isocache {

class LatencyHistogram {
 public:
  // Bucket i counts what took at most 2^i microseconds. The last one counts what took longer.
  static constexpr std::size_t kBuckets = 24;

  // REQUIRES: one thread calls it.
  void record(std::uint64_t nanoseconds) {
    const std::uint64_t us = (nanoseconds + 999) / 1000;
    const auto bucket = us <= 1 ? 0U : static_cast<unsigned>(std::bit_width(us - 1));
    buckets_[std::min<std::size_t>(bucket, kBuckets - 1)].add(1);
    sum_ns_.add(nanoseconds);
  }
  void record_since(std::chrono::steady_clock::time_point began) {
    const std::chrono::nanoseconds took = std::chrono::steady_clock::now() - began;
    record(static_cast<std::uint64_t>(took.count()));
  }
  std::uint64_t count_in(std::size_t bucket) const { return buckets_[bucket].get(); }
  std::uint64_t sum_ns() const { return sum_ns_.get(); }

 private:
  std::array<Counter, kBuckets> buckets_;
  Counter sum_ns_;
};

}  // namespace isocache
