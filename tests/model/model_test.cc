// Random commands over Sessions, compared with a model, with a clock set by the test, in stores
// with and without room. A hit has exactly the bytes, client flags and time last stored, whatever
// was evicted, moved, chained, compacted, expired or flushed in between.
#include <gtest/gtest.h>

#include "model/random_clients.h"
#include "support/seeds.h"

namespace isocache::model {
namespace {

#ifdef __EMSCRIPTEN__
constexpr int kDivisor = 2;
#else
constexpr int kDivisor = 1;
#endif

constexpr std::size_t kMiB = 1U << 20;

TEST(Model, NothingIsLostWhereThereIsRoom) {
  for (unsigned seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE(seed);
    RandomClients clients(
        {.memory_limit = 64 * kMiB, .keys = 300, .largest_value = 30'000, .misses_allowed = false},
        seed);
    clients.run(40'000 / kDivisor);
    EXPECT_GT(clients.hits(), 10'000 / kDivisor);
    EXPECT_EQ(clients.counters().evictions, 0U);
  }
}

TEST(Model, NoWrongByteWhileEvicting) {
  for (unsigned seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE(seed);
    RandomClients clients({.memory_limit = kMiB, .keys = 6000, .largest_value = 3000}, seed);
    clients.run(80'000 / kDivisor);
    EXPECT_GT(clients.hits(), 5'000 / kDivisor);
    EXPECT_GT(clients.counters().evictions, 0U);
  }
}

TEST(Model, NoWrongByteWithChainedValues) {
  for (unsigned seed = 1; seed <= 3; ++seed) {
    SCOPED_TRACE(seed);
    RandomClients clients({.memory_limit = 8 * kMiB, .keys = 900, .largest_value = 250'000}, seed);
    clients.run(15'000 / kDivisor);
    EXPECT_GT(clients.hits(), 1'000 / kDivisor);
    EXPECT_GT(clients.counters().evictions, 0U);
  }
}

TEST(Model, ManySmallItems) {
  RandomClients clients({.memory_limit = 1 * kMiB, .keys = 50'000, .largest_value = 12}, 1);
  clients.run(150'000 / kDivisor);
  EXPECT_GT(clients.counters().evictions, 0U);
}

TEST(Model, WithoutEvictionAFullStoreRefusesAndKeeps) {
  for (unsigned seed = 1; seed <= 2; ++seed) {
    SCOPED_TRACE(seed);
    RandomClients clients({.memory_limit = 1 * kMiB,
                           .keys = 5000,
                           .largest_value = 4000,
                           .evict = false,
                           .misses_allowed = false},
                          seed);
    clients.run(30'000 / kDivisor);
    EXPECT_GT(clients.refused(), 0);
    EXPECT_EQ(clients.counters().evictions, 0U);
  }
}

// See tests/README.md.
TEST(ModelWorst, NoWrongByteWhileEvicting) {
  for (unsigned seed = first_seed(), end = seed + 4; seed != end; ++seed) {
    SCOPED_TRACE(seed);
    RandomClients clients(
        {.memory_limit = 2 * kMiB, .keys = 3000, .largest_value = 30'000, .worst = true}, seed);
    clients.run(20'000 / kDivisor);
    EXPECT_GT(clients.hits(), 1'000 / kDivisor);
    EXPECT_GT(clients.counters().evictions, 0U);
    EXPECT_GT(clients.memory().refused(), 0U);
  }
}

TEST(ModelWorst, NoWrongByteWithChainedValues) {
  for (unsigned seed = first_seed(), end = seed + 4; seed != end; ++seed) {
    SCOPED_TRACE(seed);
    RandomClients clients(
        {.memory_limit = 6 * kMiB, .keys = 500, .largest_value = 200'000, .worst = true}, seed);
    clients.run(8'000 / kDivisor);
    EXPECT_GT(clients.hits(), 500 / kDivisor);
    EXPECT_GT(clients.counters().evictions, 0U);
  }
}

TEST(ModelWorst, WithoutEvictionAFullStoreRefusesAndKeeps) {
  for (unsigned seed = first_seed(), end = seed + 4; seed != end; ++seed) {
    SCOPED_TRACE(seed);
    RandomClients clients({.memory_limit = 2 * kMiB,
                           .keys = 700,
                           .largest_value = 40'000,
                           .evict = false,
                           .misses_allowed = false,
                           .worst = true},
                          seed);
    clients.run(15'000 / kDivisor);
    EXPECT_GT(clients.refused(), 0);
    EXPECT_EQ(clients.counters().evictions, 0U);
  }
}

TEST(Model, ItemCountAddsUp) {
  RandomClients clients({.memory_limit = 32 * kMiB,
                         .keys = 1000,
                         .largest_value = 500,
                         .misses_allowed = false,
                         .jump_clock = false},
                        1);
  clients.run(30'000 / kDivisor);
}

}  // namespace
}  // namespace isocache::model
