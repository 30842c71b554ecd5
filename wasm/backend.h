// The core's backend, with a get that words no reply, and long replies handed over on the way.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "command/single_backend.h"
#include "imports.h"

namespace isocache {

class LocalBackend : public SingleBackend {
 public:
  using SingleBackend::SingleBackend;

  // An empty item in place of one that was missing, which somebody is to fill: nothing to callers
  // who take no part in loading. An empty value that is to be loaded anew looks the same.
  static bool is_lease(const Item& item) {
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

  // A connection's requests. Large values would hold, or copy, more memory than the limit knows of:
  // so the host takes replies as soon as there are more than kGatheredBytes of them.
  std::size_t execute(std::span<Request> requests, UnixSeconds now_s, Output& out) override {
    const Store& store = engine().store();
    for (const Request& request : requests) store.prefetch_bucket(request.key.hash);
    for (const Request& request : requests) store.prefetch_item(request.key.hash);
    for (Request& request : requests) {
      engine().execute(request, now_s, out);
      if (out.size() > kGatheredBytes) [[unlikely]]
        hand_over(out);
    }
    return requests.size();
  }
  static constexpr std::size_t kGatheredBytes = 128U << 10U;
  // What was handed over since this was set to 0.
  std::size_t handed_over = 0;

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
  void hand_over(Output& out) {
    handed_over += out.size();
    out.for_each_span([](std::string_view bytes) { isocache_reply(bytes.data(), bytes.size()); });
    drop(out);
  }

  EngineCounters counters_;  // of get()
};

}  // namespace isocache
