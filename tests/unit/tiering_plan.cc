// What a seed decides once.
#include "unit/tiering_clients.h"

namespace isocache {
namespace {

FaultyDevice::Rates random_rates(Random& random) {
  FaultyDevice::Rates rates;
  const auto rate = [&random](std::uint32_t least) {
    return random.one_in(3) ? least + random.below(4 * least) : 0;
  };
  rates.fail_write = rate(20);
  rates.lose = rate(5);
  rates.tear = rate(5);
  rates.misdirect = rate(5);
  rates.fail_read = rate(5);
  rates.flip = rate(3);
  rates.refuse = rate(10);
  return rates;
}

}  // namespace

TieringPlan make_tiering_plan(std::uint32_t seed) {
  Random random(seed);
  TieringPlan plan;
  plan.core.memory_limit = (5U << 18) + random.below(4) * (1U << 18);
  plan.core.region_bytes = (1U + random.below(4)) * (128U << 10);
  plan.core.device_bytes = (2 + random.below(6)) * plan.core.region_bytes;
  if (random.one_in(3)) plan.core.recache_rate = random.below(2);
  if (random.one_in(3)) plan.core.hash_key = weak_hash_key(seed);
  plan.core.max_reads = random.one_in(3) ? 1 + random.below(3) : 64;
  if (random.one_in(6)) plan.core.memory_refuses_every = 2 + random.below(4);
  plan.delayed = !random.one_in(5);
  if (!random.one_in(4)) plan.rates = random_rates(random);
  plan.clients = 2 + random.below(5);
  plan.most_value_bytes = random.one_in(4) ? 60'000 : 6000;
  plan.same_size = random.one_in(3);
  if (plan.same_size) plan.most_value_bytes = 8000 + random.below(20'000);
  plan.keys = plan.most_value_bytes > 6000 ? 100 : 600;
  plan.has_writer = random.one_in(2);
  plan.simple = plan.same_size && random.one_in(2);
  if (plan.simple) {
    plan.keys = 24 + random.below(30);
    plan.rates.lose = 3;
  }
  const auto rate = [&random](std::uint32_t one_in) { return random.one_in(2) ? one_in : 0; };
  plan.give_up = rate(15);
  plan.put_off = rate(10);
  if (random.one_in(3)) plan.most_reads = 1 + random.below(4);
  plan.leave = rate(60);
  plan.flush = rate(400);
  plan.memory_fault = random.one_in(4) ? 50 : 0;
  plan.stuck = rate(300);
  if (random.one_in(3)) plan.replies_held = 1 + random.below(40);
  plan.tick = 1 + random.below(20);
  return plan;
}

}  // namespace isocache
