// The core's backend, with a get that words no reply, and a memory limit that clients cannot lift.
#pragma once

#include <cstddef>

#include "command/single_backend.h"

namespace isocache {

class LocalBackend : public SingleBackend {
 public:
  LocalBackend(Store& store, const Settings& settings, const HashKey& hash_key,
               UnixSeconds started_s)
      : SingleBackend(store, settings, hash_key, started_s, /*gets_may_wait=*/true),
        max_bytes_(settings.max_bytes) {}

  // An empty item in place of one that was missing, which somebody is to fill: nothing to callers
  // who take no part in loading. An empty value that is to be loaded anew looks the same.
  static bool is_lease(const ItemFacts& item) {
    return item.has(static_cast<ItemBits>(kWinSent | kStale)) && item.value_length() == 0;
  }

  // As the engine gets, but hands over the item itself; no lease.
  Item get(const Key& key, UnixSeconds now_s) {
    Store& store = engine().store();
    const FindResult found = store.find(key, now_s);
    if (found.item && !is_lease(found.item)) [[likely]] {
      ++counters_.bands[Store::band_of(key.bytes.size(), found.item.value_length())].get_hits;
      store.on_hit(found.item, now_s);
      return found.item;
    }
    ++counters_.get_misses;
    counters_.get_expired += found.miss == Miss::kExpired ? 1 : 0;
    counters_.get_flushed += found.miss == Miss::kFlushed ? 1 : 0;
    return {};
  }

  // A client may lower the limit and raise it again, but not beyond what the store was opened with.
  bool set_memory_limit(std::size_t bytes) override {
    return bytes <= max_bytes_ && SingleBackend::set_memory_limit(bytes);
  }

  void drop(Output& out) {
    release(out);
    out.clear();
  }

  EngineFigures figures() override {
    EngineFigures figures = SingleBackend::figures();
    figures.engine += counters_;
    return figures;
  }
  void reset_counters() override {
    SingleBackend::reset_counters();
    counters_ = {};
  }

 private:
  const std::size_t max_bytes_;
  EngineCounters counters_;  // of get()
};

}  // namespace isocache
