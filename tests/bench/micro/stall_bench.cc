// The longest single operation of a store: while it grows, and while it evicts.
#include <algorithm>
#include <chrono>
#include <memory>

#include "bench/micro/micro.h"
#include "bench/micro/repeated.h"

namespace isocache::bench {
namespace {

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

template <typename Access>
Stalls measure(const StoreOptions& options, std::size_t operations, bool evicting,
               Access&& access) {
  return measure_repeated(
      operations, [&] { return std::make_unique<TimedStore>(options); },
      [&](TimedStore& store, std::size_t i) {
        return timed<std::chrono::steady_clock>([&] { access(store, i); });
      },
      [&](const TimedStore& store) {
        require(store.evicts() == evicting, "a store evicts when it is full, not while it grows");
      });
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
