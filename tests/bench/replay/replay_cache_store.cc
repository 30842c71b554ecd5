// The store itself, without protocol, session or server. Used to tune eviction.
#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "bench/base/lazy_memory.h"
#include "bench/replay/replay_cache.h"

namespace isocache::bench {
namespace {

class StoreCache : public Cache {
 public:
  StoreCache(StoreOptions options, unsigned shards) : hash_key_(options.hash_key) {
    options.memory_limit /= shards;
    for (unsigned shard = 0; shard < shards; ++shard) {
      stores_.push_back(std::make_unique<Store>(options, memory_));
    }
  }

  void lookup(std::span<const Lookup> lookups, std::span<Found> found) override {
    for (std::size_t i = 0; i < lookups.size(); ++i) found[i] = lookup(lookups[i]);
  }

  void write(std::span<const Write> writes, std::span<Written> written) override {
    for (std::size_t i = 0; i < writes.size(); ++i) written[i] = write(writes[i]);
  }

  // A server ticks a few times a second. A replay has thousands of requests in each second of the
  // trace.
  void set_time(std::uint32_t seconds) override {
    now_s_ = seconds;
    for (auto& store : stores_) store->tick(now_s_);
  }

  CacheFigures figures() override {
    CacheFigures figures;
    StoreCounters sum;
    MemoryUse use;
    for (const auto& store : stores_) {
      figures.items += store->item_count();
      const StoreCounters& counters = store->counters();
      figures.evictions += counters.evictions;
      sum.promoted += counters.promoted;
      sum.kept += counters.kept;
      sum.ghost_hits += counters.ghost_hits;
      sum.compacted_segments += counters.compacted_segments;
      sum.in_place_updates += counters.in_place_updates;
      sum.reclaimed += counters.reclaimed;
      sum.crawler_reclaimed += counters.crawler_reclaimed;
      const MemoryUse one = store->memory_use();
      use.segment_bytes += one.segment_bytes;
      use.index_bytes += one.index_bytes;
      use.ghost_bytes += one.ghost_bytes;
      use.item_bytes += one.item_bytes;
      use.dead_bytes += one.dead_bytes;
    }
    figures.details = fmt::format(
        "promoted {} kept {} ghost_hits {} compacted {} in_place {} reclaimed {} crawled {}; "
        "MB: segments {:.1f} index {:.1f} ghost {:.1f} items {:.1f} dead {:.1f}",
        sum.promoted, sum.kept, sum.ghost_hits, sum.compacted_segments, sum.in_place_updates,
        sum.reclaimed, sum.crawler_reclaimed, mb(use.segment_bytes), mb(use.index_bytes),
        mb(use.ghost_bytes), mb(use.item_bytes), mb(use.dead_bytes));
    for (unsigned band = 0; band < kBands; ++band) figures.details += describe(band);
    return figures;
  }

 private:
  std::string describe(unsigned band) const {
    BandStats sum;
    std::uint64_t evicted = 0;
    for (const auto& store : stores_) {
      const BandStats one = store->band_stats(band);
      sum.items += one.items;
      sum.item_bytes += one.item_bytes;
      sum.segments += one.segments;
      evicted += store->counters().bands[band].evictions;
      sum.evicted_age_s = one.evicted_age_s;
    }
    if (sum.segments == 0) return "";
    return fmt::format("\nband {}: items {} bytes {} segments {} evicted {}, the last at {} s",
                       band, sum.items, sum.item_bytes, sum.segments, evicted, sum.evicted_age_s);
  }

  static double mb(std::size_t bytes) { return static_cast<double>(bytes) / 0x1p20; }

  Key hashed(std::string_view bytes) const { return {bytes, Store::hash(bytes, hash_key_)}; }
  Store& store_of(const Key& key) { return *stores_[(key.hash >> 48U) % stores_.size()]; }

  Found lookup(const Lookup& lookup) {
    const Key key = hashed(lookup.key);
    Store& store = store_of(key);
    const Item item = store.find(key, now_s_).item;
    if (!item) return Found::kMiss;
    store.on_hit(item, now_s_);
    return holds(store, item, lookup.expected) ? Found::kHit : Found::kWrongBytes;
  }

  static bool holds(const Store& store, Item item, std::string_view expected) {
    if (expected.data() == nullptr || item.value_length() != expected.size()) return false;
    bool same = true;
    store.for_each_piece(item, [&](const Piece& piece) {
      same = same && expected.substr(0, piece.bytes.size()) == piece.bytes;
      expected.remove_prefix(std::min(expected.size(), piece.bytes.size()));
    });
    return same && expected.empty();
  }

  Written write(const Write& write) {
    const Key key = hashed(write.key);
    Store& store = store_of(key);
    ItemFields fields;
    fields.exptime = write.ttl_s == 0 ? 0 : now_s_ + write.ttl_s;
    fields.cas = store.next_cas();
    const std::array parts{write.value};
    const PutStatus status = store.put(key, store.find(key, now_s_).item, fields, parts, now_s_);
    if (status == PutStatus::kStored) return Written::kStored;
    // As in the engine: an item that could not be replaced must not be served any more.
    if (const Item old = store.find(key, now_s_).item) store.remove(old);
    return Written::kRefused;
  }

  LazyMemory memory_;
  HashKey hash_key_;
  std::vector<std::unique_ptr<Store>> stores_;
  UnixSeconds now_s_ = 1'000'000'000;
};

}  // namespace

std::unique_ptr<Cache> make_store_cache(const StoreOptions& options, unsigned shards) {
  return std::make_unique<StoreCache>(options, shards);
}

}  // namespace isocache::bench
