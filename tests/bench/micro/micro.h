// Micro benchmarks as data, apart from what runs them: Google Benchmark (bench_main.cc), and a
// runner that Emscripten compiles as well (micro_main.cc). No threads, no IO.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/base/lazy_memory.h"
#include "bench/base/random.h"
#include "store/store.h"

namespace isocache::bench {

inline constexpr std::size_t kBatch = 32;
inline constexpr std::size_t kMinItems = 128;  // enough for the largest batch
inline constexpr std::size_t kMicroKeyBytes = 20;
inline constexpr std::size_t kMicroValueBytes = 100;

// One case that is measured.
class Micro {
 public:
  virtual ~Micro() = default;
  virtual void run() = 0;  // `operations` of its case
  // Ends the program unless run() does what the case's name says, because a get that misses is
  // fast. Called before and after measuring; it visits all keys, which also warms up.
  virtual void check() = 0;
};

// Ends the program unless `true_statement`.
void require(bool true_statement, const char* statement);

struct MicroCase {
  const char* name;        // x_batch32: x, handed over 32 at a time
  std::size_t operations;  // requests or keys that one run() handles
  std::unique_ptr<Micro> (*make)(std::size_t items);
};

std::vector<MicroCase> store_cases();
std::vector<MicroCase> session_cases();

// Runs that must be timed one operation at a time.
struct Stalls {
  std::uint64_t operations = 0;
  std::uint64_t max_ns = 0;
  std::uint64_t p9999_ns = 0;
  std::uint64_t p50_ns = 0;
};
Stalls stalls_growing(std::size_t items);   // sets of new keys into an empty store
Stalls stalls_evicting(std::size_t items);  // gets and sets where a third of the keys fits
// The same with a tier whose regions are cleaned and written again.
Stalls stalls_tier(std::size_t items);       // gets and sets of 500 B, and background steps
Stalls stalls_tier_tiny(std::size_t items);  // of 20 B
Stalls stalls_tier_large(
    std::size_t items);  // each piece of 64 KiB of sets of 1 MB, and small gets

using KeyText = char[kMicroKeyBytes];

inline std::string_view write_key(KeyText& text, std::uint64_t number) {
  constexpr std::string_view kPrefix = "key:";
  kPrefix.copy(text, kPrefix.size());
  for (std::size_t at = kMicroKeyBytes; at > kPrefix.size(); number /= 10) {
    text[--at] = static_cast<char>('0' + number % 10);
  }
  return {text, kMicroKeyBytes};
}

// Keys in random order. Their text is made in advance and read in turn: making it is not measured,
// and reading it costs as much as reading a socket's buffer. Of 10 million items half a million are
// asked for: several times what fits into a cache.
class DrawnKeys {
 public:
  // Numbers first .. first + items - 1.
  explicit DrawnKeys(std::size_t items, std::uint64_t first = 0) {
    Random random(items);
    text_.resize(std::min(items, kMostDrawn) / kBatch * kBatch * kMicroKeyBytes);
    for (std::size_t at = 0; at < text_.size(); at += kMicroKeyBytes) {
      KeyText key;
      write_key(key, first + random.below(items)).copy(text_.data() + at, kMicroKeyBytes);
    }
  }
  std::size_t size() const { return text_.size() / kMicroKeyBytes; }
  // After size() calls it starts again with the first key.
  std::string_view next() {
    if (at_ == text_.size()) at_ = 0;
    at_ += kMicroKeyBytes;
    return std::string_view(text_).substr(at_ - kMicroKeyBytes, kMicroKeyBytes);
  }

 private:
  static constexpr std::size_t kMostDrawn = 500'000;

  std::string text_;
  std::size_t at_ = 0;
};

// Keys `first`, first + 1 ...: a new one each time, at almost no cost.
class NewKeys {
 public:
  explicit NewKeys(std::uint64_t first) { write_key(text_, first); }
  // Valid until the next call.
  std::string_view next() {
    std::size_t at = kMicroKeyBytes - 1;
    while (++text_[at] > '9') text_[at--] = '0';
    return {text_, kMicroKeyBytes};
  }

 private:
  KeyText text_;
};

// A store that holds keys 0 .. items-1, with values of kMicroValueBytes.
struct FilledStore {
  FilledStore(std::size_t items, std::size_t memory_limit);
  Key key(std::string_view bytes) const { return {bytes, Store::hash(bytes, options.hash_key)}; }
  bool holds(std::string_view key_bytes) { return bool{store.find(key(key_bytes), kNow_s).item}; }
  void put(std::string_view key_bytes, std::size_t value_bytes);

  static constexpr UnixSeconds kNow_s = 1'700'000'000;
  StoreOptions options;
  LazyMemory memory;
  Store store;
};

// The same, after one round of eviction: every new key evicts. Holds about `items`.
struct FullStore : FilledStore {
  explicit FullStore(std::size_t items);

  NewKeys new_keys;
};

// Filling 10 million items takes seconds, so cases of the same size share one store of each kind.
// The filled one has room for half as many more keys. Cases leave it with the keys and sizes that
// it had.
std::shared_ptr<FilledStore> filled_store(std::size_t items);
std::shared_ptr<FullStore> full_store(std::size_t items);

}  // namespace isocache::bench
