#include <algorithm>
#include <array>

#include "bench/micro.h"

namespace isocache::bench {
namespace {

// Longest value that a case stores: twice the usual.
const std::string kValue(2 * kMicroValueBytes, 'v');

StoreOptions options_for(std::size_t items) {
  StoreOptions options;
  options.hash_seed = 0x1234567;
  // Header, key and value, index, and what overwriting leaves behind.
  options.memory_limit = items * 200 + (std::size_t{16} << 20U);
  return options;
}

}  // namespace

FilledStore::FilledStore(std::size_t items) : options(options_for(items)), store(options, memory) {
  for (std::size_t number = 0; number < items; ++number) {
    KeyText text;
    put(write_key(text, number), kMicroValueBytes);
  }
}

void FilledStore::put(std::string_view key_bytes, std::size_t value_bytes) {
  const Key hashed = key(key_bytes);
  const std::array parts{std::string_view(kValue).substr(0, value_bytes)};
  ItemFields fields;
  fields.cas = store.next_cas();
  store.put(hashed, store.find(hashed, kNow_s).item, fields, parts, kNow_s);
}

std::shared_ptr<FilledStore> filled_store(std::size_t items) {
  static std::shared_ptr<FilledStore> latest;
  static std::size_t latest_items = 0;
  if (!latest || latest_items != items) {
    latest.reset();  // the old one's memory first
    latest = std::make_shared<FilledStore>(items);
    latest_items = items;
  }
  return latest;
}

}  // namespace isocache::bench
