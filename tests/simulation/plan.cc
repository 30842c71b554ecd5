// Everything that a seed decides.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "simulation/world.h"

namespace isocache::simulation {
namespace {

template <typename T, std::size_t kCount>
T one_of(Random& random, const std::array<T, kCount>& choices) {
  return choices[random.below(kCount)];
}

// Keeps few bits, so that keys collide: the bits that choose the shard, and some others.
std::uint64_t weak_mask(Random& random) {
  std::uint64_t mask = 0xF00;
  for (std::uint32_t bits = random.below(7); bits > 0; --bits) {
    mask |= std::uint64_t{1} << random.below(64);
  }
  return mask;
}

constexpr std::size_t kNotValueBytes = 400;  // of the largest item

BackendOptions backend_options(Random& random) {
  BackendOptions options;
  options.shards = one_of(random, std::array{1U, 2U, 4U, 4U});
  const std::size_t shard_bytes = (5U << 18) + random.below(11U << 18);  // 1.25 to 4 MB
  options.memory_limit = options.shards * shard_bytes;
  const std::size_t largest = one_of<std::size_t>(
      random, std::array<std::size_t, 4>{40U << 10, 100U << 10, 250U << 10, 600U << 10});
  options.max_item_bytes = std::min(largest, shard_bytes / 4);
  options.evict = !random.one_in(3);
  options.hash_key = hash_key_of(random.bits());
  return options;
}

// The store lends this much to its tier, which is made for the memory that the backend begins with.
constexpr std::size_t kLentBytes = 5U << 19;
constexpr std::size_t kShardBytesBesideTier = 5U << 18;

void choose_tier(Random& random, Plan& plan) {
  BackendOptions& options = plan.backend;
  options.tier = random.one_in(3);
  if (options.tier) {  // little memory, so that much is evicted
    options.shards = 1 + random.below(2);
    options.memory_limit = options.shards * (kShardBytesBesideTier + kLentBytes);
    options.max_item_bytes = std::min(options.max_item_bytes, kShardBytesBesideTier / 8);
    plan.workload.largest_value = options.max_item_bytes - kNotValueBytes;
  }
  if (random.one_in(2)) options.write_unread = 20 + random.below(81);
  options.device_seed = random.bits();
  const auto rate = [&](std::uint32_t least) {
    return random.one_in(3) ? least + random.below(4 * least) : 0;
  };
  options.faults = {.fail_write = rate(20),
                    .lose = rate(5),
                    .tear = rate(5),
                    .misdirect = rate(5),
                    .fail_read = rate(5),
                    .flip = rate(3),
                    .refuse = rate(10)};
}

}  // namespace

Plan make_plan(std::uint64_t seed) {
  Random random(static_cast<std::uint32_t>(seed * 2654435761U));
  Plan plan;
  plan.backend = backend_options(random);
  plan.workload.keys = 30 + random.below(200);
  plan.workload.largest_value = plan.backend.max_item_bytes - kNotValueBytes;
  plan.workload.large_in = one_of(random, std::array{4U, 10U, 30U});
  plan.workload.flushes = random.one_in(2);
  if (random.one_in(3)) plan.backend.hash_key.mask = weak_mask(random);
  plan.pairs = random.below(3);
  plan.clients = 2 + random.below(6);
  plan.stalled_readers = random.below(5);
  plan.uploaders = random.one_in(4) ? 4 + random.below(12) : random.below(3);
  plan.interleave = one_of(random, std::array{0U, 2U, 6U, 20U});
  plan.contend = one_of(random, std::array{0U, 3U, 20U});
  plan.memory_fault = random.one_in(4) ? 40 : 0;
  plan.disconnect = one_of(random, std::array{0U, 60U, 400U});
  plan.tick = one_of(random, std::array{1U, 4U, 30U});
  plan.output_limit =
      one_of<std::size_t>(random, std::array<std::size_t, 3>{16U << 10, 64U << 10, 512U << 10});
  plan.requests_per_turn = one_of<std::size_t>(random, std::array<std::size_t, 4>{1, 7, 32, 256});
  // Last, so that it changes no other decision.
  plan.backend.late = one_of(random, std::array{0U, 0U, 0U, 3U, 12U});
  if (plan.backend.evict && plan.backend.late == 0) choose_tier(random, plan);
  return plan;
}

std::string describe(const Plan& plan) {
  const BackendOptions& backend = plan.backend;
  return fmt::format(
      "{} shards, {} KB, items up to {} KB, {}, {} keys, hash mask {:x}, memory {}, {} general "
      "clients, {} stalled readers, {} uploaders, {} pairs, output limit {} KB, {} requests a "
      "turn{}{}",
      backend.shards, backend.memory_limit >> 10U, backend.max_item_bytes >> 10U,
      backend.evict ? "evicts" : "-M", plan.workload.keys, backend.hash_key.mask,
      plan.memory_fault != 0 ? "fails now and then" : "never fails", plan.clients,
      plan.stalled_readers, plan.uploaders, plan.pairs, plan.output_limit >> 10U,
      plan.requests_per_turn,
      backend.late != 0 ? fmt::format(", one request in {} late", backend.late) : "",
      backend.tier ? ", a tier" : "");
}

}  // namespace isocache::simulation
