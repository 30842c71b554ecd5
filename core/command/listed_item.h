// What a dump tells of an item: plain data, whether the item lies in memory or on the tier.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "store/store.h"

namespace isocache {

// Where memcached's extstore would show an item: a page is a region, counted over all shards.
struct TierPlace {
  std::uint64_t page = 0;
  std::uint64_t offset = 0;  // in the page
};

struct ListedItem {
  ListedItem() = default;
  ListedItem(const ItemFacts& item)
      : key(item.key()),
        value_length(item.value_length()),
        client_flags(item.client_flags()),
        cas(item.cas()),
        exptime(item.exptime()),
        last_access(item.last_access()),
        bits(item.bits()) {}
  bool has(ItemBits bit) const { return (bits & bit) != 0; }

  std::string_view key;
  std::size_t value_length = 0;
  std::uint32_t client_flags = 0;
  std::uint64_t cas = 0;
  UnixSeconds exptime = 0;  // 0: never
  UnixSeconds last_access = 0;
  std::uint8_t bits = 0;
  std::optional<TierPlace> place;  // set: it lies there, and not in memory
};

class ItemVisitor {
 public:
  virtual ~ItemVisitor() = default;
  virtual void visit(const ListedItem& item) = 0;
  // Whoever holds buffers for the visitor should let go of them: it will need time.
  virtual bool is_full() const { return false; }
};

}  // namespace isocache
