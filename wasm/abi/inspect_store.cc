// What isocache-inspect.wasm shows of its store, as words of 32 bits in the scratch area, which is
// where keys are given, too. Lists come in parts: a call skips `from` entries, gives as many as
// fit, and returns how many. src/inspect/readings.ts reads them.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "cache.h"
#include "store/inspection.h"

namespace isocache {
namespace {

// Entries of a list that one call gives.
constexpr std::size_t kEntries = 512;

std::uint32_t word(std::uint64_t number) { return static_cast<std::uint32_t>(number); }
std::uint32_t address(std::string_view bytes) {
  return word(reinterpret_cast<std::uintptr_t>(bytes.data()));
}

template <std::size_t kWords>
void write(std::size_t entry, const std::array<std::uint32_t, kWords>& words) {
  static_assert(kEntries * sizeof words <= kScratchBytes);
  std::memcpy(scratch + entry * sizeof words, words.data(), sizeof words);
}

void write(std::size_t entry, const SegmentFacts& segment) {
  write(entry, std::to_array({word(segment.id), word(static_cast<std::size_t>(segment.content)),
                              word(segment.order), word(segment.band), word(segment.open ? 1 : 0),
                              word(segment.items), word(segment.live_bytes),
                              word(segment.dead_bytes), word(segment.free_bytes)}));
}

void write(std::size_t entry, const PlacedItem& item) {
  enum Mark : std::uint32_t { kInMain = 1, kReclaimable = 2 };
  const std::uint32_t marks =
      (item.standing.in_main ? kInMain : 0U) | (item.reclaimable ? kReclaimable : 0U);
  write(entry, std::to_array({address(item.key()), word(item.key().size()),
                              word(item.value_length()), word(item.bytes), word(item.cas()),
                              word(item.cas() >> 32U), item.client_flags(), item.exptime(),
                              item.last_access(), word(item.bits()), word(item.segment),
                              word(item.offset), word(item.standing.frequency), marks}));
}

void write(std::size_t entry, const EvictionReport::Outcome& outcome) {
  write(entry, std::to_array({address(outcome.key), word(outcome.key.size()),
                              word(static_cast<std::size_t>(outcome.fate))}));
}

template <typename Entries>
std::size_t write_all(const Entries& entries, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) write(i, entries[i]);
  return count;
}

StoreInspection inspection() { return StoreInspection(cache->store); }

EvictionReport report;  // of the last step

}  // namespace

ISOCACHE_EXPORT(inspect_memory) void export_inspect_memory() {
  const MemoryParts parts = inspection().memory();
  write(0, std::to_array({word(parts.limit), word(parts.live), word(parts.dead), word(parts.free),
                          word(parts.index), word(parts.ghost), word(parts.other)}));
}

ISOCACHE_EXPORT(inspect_segments) std::size_t export_inspect_segments(std::size_t from) {
  std::array<SegmentFacts, kEntries> segments;
  return write_all(segments, inspection().segments(from, segments));
}

ISOCACHE_EXPORT(inspect_items)
std::size_t export_inspect_items(std::size_t from, std::size_t count) {
  std::array<PlacedItem, kEntries> items;
  return write_all(items, inspection().items(from, {items.data(), std::min(count, items.size())}));
}

// Takes a key of that length. False: it is not there.
ISOCACHE_EXPORT(inspect_item) bool export_inspect_item(std::size_t key_length) {
  PlacedItem item;
  if (!inspection().item(cache->key_at(scratch, key_length), &item)) return false;
  write(0, item);
  return true;
}

// Takes a key of that length. Hands back the item's value, and gives its length; -1: there is none.
ISOCACHE_EXPORT(inspect_value) std::int32_t export_inspect_value(std::size_t key_length) {
  PlacedItem item;
  if (!inspection().item(cache->key_at(scratch, key_length), &item)) return -1;
  return static_cast<std::int32_t>(cache->hand_back(inspection().view(item)));
}

ISOCACHE_EXPORT(inspect_item_count) std::size_t export_inspect_item_count() {
  return static_cast<std::size_t>(cache->store.item_count());
}

ISOCACHE_EXPORT(inspect_ghost) void export_inspect_ghost() {
  const GhostFacts ghost = inspection().ghost();
  write(0, std::to_array({word(ghost.entries), word(ghost.capacity)}));
}

// Takes a key of that length.
ISOCACHE_EXPORT(inspect_ghost_knows) bool export_inspect_ghost_knows(std::size_t key_length) {
  return inspection().ghost_knows(cache->key_at(scratch, key_length).hash);
}

// One step of eviction. Gives the segment, what it held, why it was chosen, the bytes that are
// free now, and the number of its items, whose fates evicted_items() tells.
ISOCACHE_EXPORT(evict_segment) void export_evict_segment() {
  report = StoreInspection::evict_segment(cache->store);
  write(0, std::to_array({word(report.segment), word(static_cast<std::size_t>(report.content)),
                          word(static_cast<std::size_t>(report.reason)), word(report.freed_bytes),
                          word(report.outcomes.size())}));
}

ISOCACHE_EXPORT(evicted_items) std::size_t export_evicted_items(std::size_t from) {
  const std::size_t left = report.outcomes.size() - std::min(from, report.outcomes.size());
  return write_all(report.outcomes.data() + from, std::min(left, kEntries));
}

// They are forgotten.
ISOCACHE_EXPORT(evicted_items_end) void export_evicted_items_end() { report = {}; }

}  // namespace isocache
