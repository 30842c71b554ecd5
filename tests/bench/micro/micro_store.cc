#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

#include "bench/micro/micro.h"

namespace isocache::bench {
namespace {

// Longest value that a case stores: twice the usual.
const std::string kValue(2 * kMicroValueBytes, 'v');

// The size of an item: header, key and value, and its part of the index.
constexpr std::size_t kItemBytes = 24 + kMicroKeyBytes + kMicroValueBytes + 8;

StoreOptions options_for(std::size_t memory_limit) {
  StoreOptions options;
  options.hash_key = hash_key_of(0x1234567);
  options.memory_limit = memory_limit;
  return options;
}

template <typename Made>
std::shared_ptr<Made> latest(std::size_t items, std::shared_ptr<Made> (*make)(std::size_t)) {
  static std::shared_ptr<Made> made;
  static std::size_t made_items = 0;
  if (made_items != items) {
    made.reset();  // frees the old one's memory first
    made = make(items);
    made_items = items;
  }
  return made;
}

}  // namespace

void require(bool true_statement, const char* statement) {
  if (true_statement) return;
  std::fprintf(stderr, "not true, so that figures would mean nothing: %s\n", statement);
  std::exit(EXIT_FAILURE);
}

FilledStore::FilledStore(std::size_t items, std::size_t memory_limit)
    : options(options_for(memory_limit)), store(options, memory) {
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

FullStore::FullStore(std::size_t items)
    : FilledStore(items, std::max(limits::kMinStoreBytes, items * kItemBytes)), new_keys(items) {
  while (store.counters().evictions < items) put(new_keys.next(), kMicroValueBytes);
}

std::shared_ptr<FilledStore> filled_store(std::size_t items) {
  return latest<FilledStore>(items, [](std::size_t count) {
    return std::make_shared<FilledStore>(count,
                                         count * kItemBytes / 2 * 3 + (std::size_t{16} << 20U));
  });
}

std::shared_ptr<FullStore> full_store(std::size_t items) {
  return latest<FullStore>(items,
                           [](std::size_t count) { return std::make_shared<FullStore>(count); });
}

}  // namespace isocache::bench
