// The check of everything: what must hold between any two calls.
#include <cstdlib>

#include "store/log_check.h"
#include "store/store_impl.h"

namespace isocache {

const char* Store::broken_invariant() const {
  const Impl& impl = *impl_;
  const Log& log = impl.log;
  if (const char* broken = log.heap.broken_invariant()) return broken;
  if (const char* broken = impl.index.broken_invariant()) return broken;
  if (const char* broken = impl.prefixes.broken_invariant()) return broken;
  LogTally all;
  const std::size_t tables =
      impl.index.pages() + impl.lent_segments + impl.evictor.ghost_bytes() / limits::kSegmentBytes;
  if (const char* broken = broken_log(log, tables, all)) return broken;
  if (all.visible_items != impl.index.size()) return "every live item is in the index";
  if (log.hides_items() != (log.flushed_segments() != 0 || impl.prefixes.newest() != 0)) {
    return "lookups know whether items are flushed";
  }
  if (all.upload_bytes != impl.upload_bytes) return "what uploads have reserved adds up";

  const char* broken = nullptr;
  impl.index.for_each([&](Slot slot) {
    const ItemHeader* header = log.item(slot.location());
    if (header->key_length == 0 || (header->bits & (kDead | kUnlinked)) != 0) {
      broken = "the index points at live items";
      return;
    }
    const std::string_view name = key_of(header);
    const Slot found = impl.find_slot({name, hash(name, impl.options.hash_key)});
    if (!found || found.location() != slot.location()) broken = "every item is found by its key";
  });
  return broken;
}

void Store::check_invariants() const {
  if (broken_invariant() != nullptr) std::abort();
}

}  // namespace isocache
