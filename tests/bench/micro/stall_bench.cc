// The longest single operation. Other programs on the machine make any operation long once in a
// while. But the same operations in the same order stall at the same place. So each run is repeated
// on a fresh store, and each operation counts with its shortest time.
#include <algorithm>
#include <chrono>
#include <memory>

#include "bench/base/histogram.h"
#include "bench/micro/micro.h"

namespace isocache::bench {
namespace {

constexpr int kRepetitions = 5;
// The size of the store that evicts: at most this, and less for a short run, so that it evicts,
// too.
constexpr std::size_t kMostEvictingBytes = std::size_t{64} << 20U;
constexpr std::size_t kEvictingBytesPerOperation = 64;

class TimedStore {
 public:
  explicit TimedStore(const StoreOptions& options)
      : hash_key_(options.hash_key), store_(options, memory_) {}

  // Get, and set on a miss.
  void access(std::uint64_t number, std::size_t value_bytes) {
    KeyText text;
    const std::string_view bytes = write_key(text, number);
    const Key key{bytes, Store::hash(bytes, hash_key_)};
    if (const Item item = store_.find(key, FilledStore::kNow_s).item) {
      store_.on_hit(item, FilledStore::kNow_s);
      return;
    }
    const std::string_view value(value_.data(), value_bytes);
    ItemFields fields;
    fields.cas = store_.next_cas();
    store_.put(key, {}, fields, {&value, 1}, FilledStore::kNow_s);
  }

  bool evicts() const { return store_.counters().evictions != 0; }

 private:
  std::string value_ = std::string(4 * kMicroValueBytes, 'v');
  HashKey hash_key_;
  LazyMemory memory_;
  Store store_;
};

// Calls access(store, i) for each operation i.
template <typename Access>
Stalls measure(const StoreOptions& options, std::size_t operations, bool evicting,
               Access&& access) {
  using Clock = std::chrono::steady_clock;
  std::vector<std::uint32_t> shortest_ns(operations, UINT32_MAX);
  for (int repetition = 0; repetition < kRepetitions; ++repetition) {
    TimedStore store(options);
    auto before = Clock::now();
    for (std::size_t i = 0; i < operations; ++i) {
      access(store, i);
      const auto after = Clock::now();
      const auto took_ns = std::chrono::nanoseconds(after - before).count();
      shortest_ns[i] = std::min(shortest_ns[i], static_cast<std::uint32_t>(took_ns));
      before = after;
    }
    require(store.evicts() == evicting, "a store evicts when it is full, and not while it grows");
  }
  const auto histogram = std::make_unique<Histogram>();
  for (const std::uint32_t took_ns : shortest_ns) histogram->add(took_ns);
  return {operations, histogram->max_ns(), histogram->quantile_ns(0.9999),
          histogram->quantile_ns(0.5)};
}

}  // namespace

Stalls stalls_growing(std::size_t items) {
  StoreOptions options;
  options.memory_limit = items * 200 + (std::size_t{16} << 20U);
  return measure(options, items, false,
                 [](TimedStore& store, std::size_t i) { store.access(i, kMicroValueBytes); });
}

Stalls stalls_evicting(std::size_t items) {
  StoreOptions options;
  options.memory_limit =
      std::clamp(items * kEvictingBytesPerOperation, limits::kMinStoreBytes, kMostEvictingBytes);
  const Zipf zipf(std::min<std::size_t>(items, 1'000'000), 0.8);
  Random random(1);
  std::vector<std::uint32_t> keys(items);
  for (std::uint32_t& key : keys) key = static_cast<std::uint32_t>(zipf(random));
  return measure(options, items, true, [&](TimedStore& store, std::size_t i) {
    store.access(keys[i], mix(keys[i]) % (4 * kMicroValueBytes));
  });
}

}  // namespace isocache::bench
