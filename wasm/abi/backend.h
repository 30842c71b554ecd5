// The core's backend, with a get that words no reply, and a memory limit that clients cannot lift.
#pragma once

#include <cstddef>

#include "base/inline.h"
#include "command/single_backend.h"
#include "tier.h"

namespace isocache {

class LocalBackend : public SingleBackend {
 public:
  LocalBackend(Store& store, const Settings& settings, const HashKey& hash_key,
               UnixSeconds started_s)
      : SingleBackend(store, settings, hash_key, started_s, /*gets_may_wait=*/true, cold_tier()),
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
      count_hit(key, found.item);
      store.on_hit(found.item, now_s);
      return found.item;
    }
    if (cold_tier() != nullptr) {
      if (const Item item = get_cold(key, found, now_s)) return item;
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
  void count_hit(const Key& key, Item item) {
    ++counters_.bands[Store::band_of(key.bytes.size(), item.value_length())].get_hits;
  }

  // An item that the store lacks and the tier may have. As Engine::execute_cold() does: its first
  // hit is answered from the record, a later one brings it back.
  ISOCACHE_RARE Item get_cold(const Key& key, const FindResult& found, UnixSeconds now_s) {
    if (found.miss != Miss::kAbsent) cold_tier()->forget(key.hash);
    if (found.item || !cold_tier()->may_hold(key.hash)) return {};
    if (cold_tier()->fetch(key, now_s, nullptr) != ColdTier::Fetch::kFound) return {};
    Item item;
    if (cold_tier()->may_answer()) {
      item = Store::outside_item(cold_tier()->fetched_header());
      cold_tier()->note_answer(true);
      cold_tier()->release();
    } else if (cold_tier()->bring_back(key, now_s)) {
      cold_tier()->stock_up();
      item = engine().store().find(key, now_s).item;
      if (item) engine().store().on_hit(item, now_s);
    } else {
      cold_tier()->forget(key.hash);
    }
    if (item) count_hit(key, item);
    return item;
  }

  const std::size_t max_bytes_;
  EngineCounters counters_;  // of get()
};

}  // namespace isocache
