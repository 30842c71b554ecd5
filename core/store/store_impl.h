// What a Store is made of. Only store*.cc include this.
#pragma once

#include <vector>

#include "store/evictor.h"
#include "store/expiry.h"
#include "store/flushed_prefixes.h"
#include "store/index.h"
#include "store/log.h"
#include "store/prefix_sweep.h"
#include "store/store.h"

namespace isocache {

inline QueueKind queue_of(const Standing& standing) {
  return standing.in_main ? QueueKind::kMain : QueueKind::kSmall;
}

struct Store::Impl {
  Impl(const StoreOptions& store_options, MemorySource& memory)
      : options(store_options),
        log(store_options.memory_limit, memory),
        index(log.heap, store_options.hash_key),
        prefixes(log, store_options.hash_key),
        evictor(log, index, prefixes, counters,
                {store_options.evict, store_options.size_exponent, store_options.observer}),
        expiry(log, index, evictor, counters, store_options.maintains_ends),
        sweep(log, index, evictor, prefixes) {}

  Location location_of(const Item& item) const { return item.bucket_->location(item.slot_); }
  Item item_at(Slot slot) {
    const Location location = slot.location();
    return {log.item(location), &log.heap.segment(Heap::segment_of(location)), slot.bucket,
            slot.index};
  }
  Slot find_slot(const Key& key) const;
  Slot find_slot_inlined(const Key& key) const;  // only in store.cc
  // Room in log and index for one more item of `bytes`.
  bool make_room(std::size_t bytes);
  // Makes room and appends. 0: there is none. Tries twice: if the memory source fails in the
  // first try, the second one makes room by eviction.
  template <typename Append>
  Location append_with_room(std::size_t bytes, Append&& append) {
    for (int tries = 0; tries < 2 && make_room(bytes); ++tries) {
      if (const Location location = append()) return location;
    }
    return 0;
  }
  Stream stream_for(const Key& key, const Item& old, std::size_t key_length,
                    std::size_t value_length);
  bool fits(std::size_t key_length, std::size_t value_length) const;
  bool try_in_place(const Key& key, Item old, const ItemFields& fields,
                    std::span<const std::string_view> parts, std::size_t value_length);
  // put() once the stream is known. Replaces `old`.
  PutStatus put_in(Stream stream, const Key& key, const Item& old, const ItemFields& fields,
                   std::span<const std::string_view> parts, std::size_t value_length,
                   Item* stored);  // only in store.cc
  // Points the index at a finished item, in place of `old` if that is not null.
  bool link(const Key& key, Slot old, Location location, const ItemFields& fields);
  bool insert(std::uint64_t hash, Location location);
  PutStatus refuse_too_large();
  PutStatus refuse_for_memory(unsigned band);
  // Bytes that all unfinished uploads together may become.
  std::size_t upload_allowance() const;
  bool may_begin_upload(const Upload& upload, std::size_t bytes) const;
  PutStatus wait_in_line(Upload& upload);
  void leave_line(Upload& upload);
  bool extend_upload(Upload& upload);
  bool move_upload_head(Upload& upload);
  void hold(Location head);
  void let_go(Location head);

  StoreOptions options;
  StoreCounters counters;
  Log log;
  Index index;
  FlushedPrefixes prefixes;
  Evictor evictor;
  Expiry expiry;
  PrefixSweep sweep;
  std::uint64_t next_cas = kFirstCas;  // without a shared source
  unsigned gone_band = 0;              // of the item that find() dropped last
  std::size_t lent_segments = 0;
  std::size_t upload_bytes = 0;            // reserved by unfinished uploads
  std::vector<std::uint64_t> upload_line;  // tickets of those that wait to begin, in order
  std::uint64_t last_ticket = 0;
};

}  // namespace isocache
