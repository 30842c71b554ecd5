#include "command/stats.h"

#include <bit>

#include "protocol/replies.h"
#include "protocol/write.h"

namespace isocache {

BandCounters& BandCounters::operator+=(const BandCounters& other) {
  get_hits += other.get_hits;
  cmd_set += other.cmd_set;
  delete_hits += other.delete_hits;
  incr_hits += other.incr_hits;
  decr_hits += other.decr_hits;
  cas_hits += other.cas_hits;
  cas_badval += other.cas_badval;
  touch_hits += other.touch_hits;
  return *this;
}

EngineCounters& EngineCounters::operator+=(const EngineCounters& other) {
  for (unsigned band = 0; band < kBands; ++band) bands[band] += other.bands[band];
  cmd_touch += other.cmd_touch;
  cmd_flush += other.cmd_flush;
  cmd_meta += other.cmd_meta;
  get_misses += other.get_misses;
  get_expired += other.get_expired;
  get_flushed += other.get_flushed;
  delete_misses += other.delete_misses;
  incr_misses += other.incr_misses;
  decr_misses += other.decr_misses;
  cas_misses += other.cas_misses;
  touch_misses += other.touch_misses;
  store_too_large += other.store_too_large;
  store_no_memory += other.store_no_memory;
  return *this;
}

BandCounters EngineCounters::sum_of_bands() const {
  BandCounters sum;
  for (const BandCounters& band : bands) sum += band;
  return sum;
}

namespace {

// op(mine, other's) for each counter.
template <typename Op>
void for_each_counter(StoreCounters& mine, const StoreCounters& other, Op&& op) {
  op(mine.total_items, other.total_items);
  op(mine.evictions, other.evictions);
  op(mine.evicted_unfetched, other.evicted_unfetched);
  op(mine.evicted_active, other.evicted_active);
  op(mine.expired_unfetched, other.expired_unfetched);
  op(mine.reclaimed, other.reclaimed);
  op(mine.crawler_reclaimed, other.crawler_reclaimed);
  op(mine.crawler_items_checked, other.crawler_items_checked);
  op(mine.out_of_memory, other.out_of_memory);
  op(mine.too_large, other.too_large);
  op(mine.promoted, other.promoted);
  op(mine.kept, other.kept);
  op(mine.ghost_hits, other.ghost_hits);
  op(mine.compacted_segments, other.compacted_segments);
  op(mine.in_place_updates, other.in_place_updates);
}

void add_memory_use(MemoryUse& sum, const MemoryUse& other) {
  sum.limit += other.limit;
  sum.segment_bytes += other.segment_bytes;
  sum.index_bytes += other.index_bytes;
  sum.ghost_bytes += other.ghost_bytes;
  sum.item_bytes += other.item_bytes;
  sum.dead_bytes += other.dead_bytes;
}

void add_band(BandStats& sum, const BandStats& other) {
  sum.items += other.items;
  sum.item_bytes += other.item_bytes;
  sum.segments += other.segments;
  if (sum.oldest_s == 0 || (other.oldest_s != 0 && other.oldest_s < sum.oldest_s)) {
    sum.oldest_s = other.oldest_s;
  }
  sum.evicted += other.evicted;
  if (other.evicted_age_s > sum.evicted_age_s) sum.evicted_age_s = other.evicted_age_s;
}

}  // namespace

void subtract(StoreCounters& from, const StoreCounters& less) {
  for_each_counter(from, less, [](auto& rest, auto taken) { rest -= taken; });
}

void EngineFigures::add(const EngineFigures& other) {
  engine += other.engine;
  for_each_counter(store, other.store, [](auto& sum, auto more) { sum += more; });
  for (unsigned band = 0; band < kBands; ++band) add_band(bands[band], other.bands[band]);
  add_memory_use(memory, other.memory);
  items += other.items;
  index_buckets += other.index_buckets;
  index_growing = index_growing || other.index_growing;
  shards += other.shards;
}

void StatsWriter::add(std::string_view key, std::string_view value) {
  out_.append("STAT ");
  out_.append(key);
  out_.append(" ");
  out_.append(value);
  out_.append("\r\n");
}

void StatsWriter::add(std::string_view key, std::uint64_t value) {
  char digits[kMaxU64Digits];
  add(key, std::string_view(digits, static_cast<std::size_t>(write_u64(digits, value) - digits)));
}

void StatsWriter::fixed(std::string_view key, std::uint64_t value, unsigned digits) {
  char text[kMaxU64Digits * 2 + 1];
  std::uint64_t scale = 1;
  for (unsigned i = 0; i < digits; ++i) scale *= 10;
  char* to = write_u64(text, value / scale);
  *to++ = '.';
  for (std::uint64_t rest = value % scale; scale > 1; rest %= scale) {
    scale /= 10;
    *to++ = static_cast<char>('0' + rest / scale);
  }
  add(key, std::string_view(text, static_cast<std::size_t>(to - text)));
}

void StatsWriter::add(std::string_view family, unsigned id, std::string_view key,
                      std::uint64_t value) {
  out_.append("STAT ");
  if (!family.empty()) {
    out_.append(family);
    out_.append(":");
  }
  append_u64(out_, id);
  out_.append(":");
  out_.append(key);
  out_.append(" ");
  append_u64(out_, value);
  out_.append("\r\n");
}

void StatsWriter::end() { out_.append(reply::kEnd); }

}  // namespace isocache
