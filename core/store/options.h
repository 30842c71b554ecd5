// What a store is opened with.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/hash.h"
#include "base/limits.h"

namespace isocache {

class ItemView;

// Where cas ids come from. Shards share one source, so that ids are unique and grow over all keys,
// as memcached's do. The first id is 2: clients and recordings use 1 for an id that nothing has.
inline constexpr std::uint64_t kFirstCas = 2;
class CasIds {
 public:
  virtual ~CasIds() = default;
  virtual std::uint64_t next() = 0;
};

// Is told of every item that is dropped for room, while the item is still whole. It is not told of
// items that expired, were replaced or were deleted. It may read the item, and may not call the
// store, except lend_segment() without eviction.
class EvictionObserver {
 public:
  virtual ~EvictionObserver() = default;
  // `hash`: of its key. True: the observer has the item now, so it does not count as evicted. It
  // does not throw: the store is in the middle of a change. Without memory, it returns false.
  virtual bool evicting(const ItemView& item, std::uint64_t hash) noexcept = 0;
};

struct StoreOptions {
  std::size_t memory_limit = limits::kDefaultMemoryBytes;  // all of it: segments, index, ghost
  std::size_t max_item_size = limits::kDefaultMaxItemBytes;
  HashKey hash_key = {};       // random for each process; shards share it
  CasIds* cas_ids = nullptr;   // null: the store counts by itself; must outlive the store
  bool evict = true;           // false (-M): a full store answers kNoMemory
  double size_exponent = 1.0;  // victim band: age x mean size^exponent; 0 favours no size
  // An upload that finds too little memory, because others hold it, waits (PutStatus::kWait).
  // False: it is refused. That is for a host that does not know how to wait.
  bool uploads_wait = false;
  // An expired item that the background finds at the end of a queue, where eviction would be next,
  // counts as reclaimed, as in memcached with its LRU maintainer.
  bool maintains_ends = true;
  EvictionObserver* observer = nullptr;  // null: nobody listens; must outlive the store
};

}  // namespace isocache
