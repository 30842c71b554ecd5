// Micro benchmarks as data, apart from what runs them: Google Benchmark natively (bench_main.cc);
// the same cases compile with Emscripten, where that library is not. No threads, no IO.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/lazy_memory.h"
#include "bench/random.h"
#include "store/store.h"

namespace isocache::bench {

inline constexpr std::size_t kBatch = 32;
inline constexpr std::size_t kMicroKeyBytes = 20;
inline constexpr std::size_t kMicroValueBytes = 100;

// One thing that is measured.
class Micro {
 public:
  virtual ~Micro() = default;
  virtual void run() = 0;  // `operations` of its case
};

struct MicroCase {
  const char* name;
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

using KeyText = char[kMicroKeyBytes];

inline std::string_view write_key(KeyText& text, std::uint64_t number) {
  constexpr std::string_view kPrefix = "key:";
  kPrefix.copy(text, kPrefix.size());
  for (std::size_t at = kMicroKeyBytes; at > kPrefix.size(); number /= 10) {
    text[--at] = static_cast<char>('0' + number % 10);
  }
  return {text, kMicroKeyBytes};
}

// Keys in random order, their text made beforehand and read in turn: making it is not measured, and
// reading it is what a socket's buffer costs as well. Up to a million of `items` keys.
class DrawnKeys {
 public:
  // Numbers first .. first + items - 1.
  explicit DrawnKeys(std::size_t items, std::uint64_t first = 0) {
    Random random(items);
    text_.resize(std::min<std::size_t>(items, 1'000'000) / kBatch * kBatch * kMicroKeyBytes);
    for (std::size_t at = 0; at < text_.size(); at += kMicroKeyBytes) {
      KeyText key;
      write_key(key, first + random.below(items)).copy(text_.data() + at, kMicroKeyBytes);
    }
  }
  std::string_view next() {
    if (at_ == text_.size()) at_ = 0;
    at_ += kMicroKeyBytes;
    return std::string_view(text_).substr(at_ - kMicroKeyBytes, kMicroKeyBytes);
  }

 private:
  std::string text_;
  std::size_t at_ = 0;
};

// A store that holds keys 0 .. items-1 and has room for a tenth more.
struct FilledStore {
  explicit FilledStore(std::size_t items);
  Key key(std::string_view bytes) const { return {bytes, Store::hash(bytes, options.hash_seed)}; }
  void put(std::string_view key_bytes, std::size_t value_bytes);

  static constexpr UnixSeconds kNow_s = 1'700'000'000;
  StoreOptions options;
  LazyMemory memory;
  Store store;
};

// Filling 10 million takes seconds: cases of the same size share one, which they leave as full as
// it was.
std::shared_ptr<FilledStore> filled_store(std::size_t items);

}  // namespace isocache::bench
