// What a Store is made of. Only store*.cc include this.
#pragma once

#include "store/evictor.h"
#include "store/index.h"
#include "store/log.h"
#include "store/store.h"

namespace isocache {

struct Store::Impl {
  Impl(const StoreOptions& store_options, MemorySource& memory)
      : options(store_options),
        log(store_options.memory_limit, memory),
        index(log.heap, store_options.hash_seed),
        evictor(log, index, counters, store_options.hash_seed,
                {store_options.evict, store_options.size_exponent, store_options.observer}) {}

  Location location_of(const Item& item) const { return item.bucket_->location(item.slot_); }
  Item item_at(Slot slot) {
    const Location location = slot.location();
    return {log.item(location), &log.heap.segment(Heap::segment_of(location)), slot.bucket,
            slot.index};
  }
  Slot find_slot(const Key& key) const;
  // Room in log and index for one more item of `bytes`.
  bool make_room(std::size_t bytes);
  Stream stream_for(const Key& key, const Item& old, std::size_t key_length,
                    std::size_t value_length);
  bool fits(std::size_t key_length, std::size_t value_length) const;
  bool try_in_place(const Key& key, Item old, const ItemFields& fields,
                    std::span<const std::string_view> parts, std::size_t value_length);
  // Points the index at a finished item, in place of `old` if it is there.
  bool link(const Key& key, Slot old, Location location, const ItemFields& fields);
  PutStatus refuse(PutStatus why, const Key& key);
  // Bytes that all unfinished uploads together may hold.
  std::size_t upload_allowance() const;
  // Counts an upload out of a segment it wrote to.
  void leave_segment(SegmentId id);
  template <typename Visit>
  void for_each_upload_record(const Upload& upload, Visit&& visit);

  StoreOptions options;
  StoreCounters counters;
  Log log;
  Index index;
  Evictor evictor;
  std::uint64_t next_cas = kFirstCas;  // without a shared source
  std::size_t upload_bytes = 0;        // records of unfinished uploads
};

}  // namespace isocache
