// Stores under random operations (random_store.h). Some of them run in worst cases on purpose
// (tests/README.md).
#include <gtest/gtest.h>

#include "support/seeds.h"
#include "unit/random_store.h"

namespace isocache {
namespace {

TEST(StoreRandom, SmallValuesWithEviction) {
  for (unsigned seed = first_seed(), end = seed + 3; seed != end; ++seed) {
    SCOPED_TRACE(seed);
    RandomStore random({.memory_limit = 1U << 20, .max_value = 2000}, seed);
    random.run(60'000);
    EXPECT_GT(random.hits, 1000);
    EXPECT_GT(random.flushed_prefixes, 10);
    EXPECT_GT(random.store().counters().evictions, 0U);
  }
}

TEST(StoreRandom, ChainedValuesWithEviction) {
  for (unsigned seed = first_seed(), end = seed + 3; seed != end; ++seed) {
    SCOPED_TRACE(seed);
    RandomStore random({.memory_limit = 8U << 20, .max_value = 200'000}, seed);
    random.run(20'000);
    EXPECT_GT(random.hits, 1000);
    EXPECT_GT(random.store().counters().evictions, 0U);
  }
}

TEST(StoreRandom, RoomForEverythingMissesNothing) {
  RandomStore random({.memory_limit = 64U << 20, .max_value = 3000}, 7);
  random.run(60'000);
  EXPECT_EQ(random.store().counters().evictions, 0U);
  EXPECT_EQ(random.misses, 0);
}

TEST(StoreRandom, WithoutEvictionNothingIsDropped) {
  for (unsigned seed = first_seed(), end = seed + 3; seed != end; ++seed) {
    SCOPED_TRACE(seed);
    RandomStore random({.memory_limit = 2U << 20,
                        .max_value = 20'000,
                        .keys = 800,
                        .evict = false,
                        .pin_too_much = true},
                       seed);
    random.run(20'000);
    EXPECT_GT(random.hits, 1000);
    EXPECT_GT(random.refused, 0);
  }
}

// --- worst cases -------------------------------------------------------------------------------

RandomOptions worst(std::size_t memory_limit, std::size_t max_value) {
  return {.memory_limit = memory_limit,
          .max_value = max_value,
          .keys = 600,
          .flush_one_in = 200,
          .weak_hash = true,
          .refuse_every = 2,
          .pin_too_much = true,
          .change_limit = true,
          .check_every = 500};
}

// The results of the worst case over several seeds.
struct Reached {
  int hits = 0;
  int refused = 0;
  std::uint64_t evictions = 0;
  std::size_t memory_refused = 0;
  std::size_t memory_discarded = 0;
};

Reached run_worst(const RandomOptions& options, int operations) {
  Reached reached;
  for (unsigned seed = first_seed(), end = seed + 6; seed != end; ++seed) {
    SCOPED_TRACE(seed);
    RandomStore random(options, seed);
    random.run(operations);
    reached.hits += random.hits;
    reached.refused += random.refused;
    reached.evictions += random.store().counters().evictions;
    reached.memory_refused += random.memory().refused();
    reached.memory_discarded += random.memory().discarded_bytes();
  }
  EXPECT_GT(reached.hits, 3000);
  EXPECT_GT(reached.memory_refused, 0U);
  EXPECT_GT(reached.memory_discarded, 0U);
  return reached;
}

TEST(StoreRandomWorst, SmallValues) {
  EXPECT_GT(run_worst(worst(2U << 20, 12'000), 15'000).evictions, 100U);
}

TEST(StoreRandomWorst, ChainedValues) {
  EXPECT_GT(run_worst(worst(6U << 20, 200'000), 8'000).evictions, 1000U);
}

TEST(StoreRandomWorst, WithoutEvictionNothingIsDropped) {
  RandomOptions options = worst(4U << 20, 60'000);
  options.evict = false;
  EXPECT_GT(run_worst(options, 10'000).refused, 100);
}

}  // namespace
}  // namespace isocache
