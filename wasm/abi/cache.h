// What one module instance holds, and how its calls pass bytes in and out.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "backend.h"
#include "imports.h"
#include "memory.h"
#include "protocol/output.h"
#include "protocol/request.h"
#include "store/store.h"
#include "tier.h"

#define ISOCACHE_EXPORT(name) extern "C" __attribute__((export_name(#name), used))

namespace isocache {

// Where the host puts arguments, and finds lists of items.
inline constexpr std::size_t kScratchBytes = 64U << 10U;
inline char scratch[kScratchBytes];

// As the host passes 64 bits, and the key of the hash.
constexpr std::uint64_t words(std::uint32_t low, std::uint32_t high) {
  return (std::uint64_t{high} << 32U) | low;
}
constexpr HashKey hash_key(std::uint32_t word_0, std::uint32_t word_1, std::uint32_t word_2,
                           std::uint32_t word_3) {
  return {words(word_0, word_1), words(word_2, word_3)};
}

struct Span {
  const char* address = nullptr;
  std::size_t length = 0;
};

// The bytes that a call hands back.
struct Result {
  Span first;
  std::size_t count = 0;
  const Span* all = nullptr;
};
static_assert(sizeof(void*) != 4 || sizeof(Result) == 16);  // as engine.ts reads it

// A value that the host puts straight where it will stay.
struct LargeValue {
  Request request;
  Upload upload;
  std::string_view refusal;  // the reply, if it was refused before its first byte
};

// Ids go on behind those of a restored snapshot.
class LocalCasIds : public CasIds {
 public:
  std::uint64_t next() override { return next_++; }
  void skip(std::uint64_t used) { next_ = std::max(next_, used + 1); }

 private:
  std::uint64_t next_ = kFirstCas;
};

class Cache : private EvictionObserver {
 public:
  struct Limits {
    std::size_t max_bytes;
    std::size_t max_item_bytes;
  };
  Cache(const Limits& limits, const HashKey& hash_key, bool observe, UnixSeconds now_s)
      : store(store_options(limits, hash_key, observe), memory),
        backend(store, settings_for(limits), hash_key, now_s),
        clock{now_s} {}

  // Before every call that looks at the store: what the clock brings, a delayed flush for instance,
  // and now and then a step of background work.
  void begin(UnixSeconds now_s, unsigned requests = 1) {
    constexpr unsigned kTickEvery = 256;
    since_tick_ += requests;
    if (clock.now_s == now_s && since_tick_ < kTickEvery) [[likely]]
      return;
    clock.now_s = now_s;
    since_tick_ = 0;
    backend.engine().tick(now_s);
  }

  Key key_at(const char* bytes, std::size_t length) const {
    const std::string_view key(bytes, length);
    return {key, backend.hash(key)};
  }

  // --- handing back; each returns the number of bytes ----------------------------------------
  std::size_t hand_back(std::string_view bytes) {
    result = {{bytes.data(), bytes.size()}, 1, nullptr};
    return bytes.size();
  }
  std::size_t hand_back(const ItemView& item) {
    spans.clear();
    item.for_each_piece([this](const Piece& piece) { add_span(piece.bytes); });
    return hand_back_spans(item.value_length());
  }
  std::size_t hand_back(Item item) {
    return item.chained() ? hand_back(store.view(item)) : hand_back(item.contiguous_value());
  }
  std::size_t hand_back(const Output& output) {
    spans.clear();
    output.for_each_span([this](std::string_view bytes) { add_span(bytes); });
    return hand_back_spans(output.size());
  }
  // Where the large value's next bytes belong; nothing when it is whole, or memory has run out.
  std::size_t hand_back_window() {
    const std::span<char> window = store.upload_window(large->upload);
    return hand_back(std::string_view(window.data(), window.size()));
  }
  // The host has copied what was handed back.
  void sent(Output& output) {
    constexpr std::size_t kKeptBytes = 16U << 10U;  // of an idle connection's buffer
    backend.drop(output);
    if (output.capacity() > kKeptBytes) output.release_memory();
  }

  GrowingMemory memory;
  LocalCasIds cas_ids;
  Store store;
  LocalBackend backend;
  Clock clock;
  Output replies{kUnlimitedOutput};  // of requests that came over no connection
  Result result;
  std::vector<Span> spans;
  std::optional<LargeValue> large;

 private:
  StoreOptions store_options(const Limits& limits, const HashKey& hash_key, bool observe) {
    StoreOptions options;
    options.memory_limit = limits.max_bytes;
    options.max_item_size = limits.max_item_bytes;
    options.hash_key = hash_key;
    options.cas_ids = &cas_ids;
    observes_ = observe;
    options.observer = observe || cold_tier() != nullptr ? this : nullptr;
    return options;
  }
  static Settings settings_for(const Limits& limits) {
    Settings settings;
    settings.max_bytes = limits.max_bytes;
    settings.max_item_bytes = limits.max_item_bytes;
    settings.ext_item_size = 0;  // small items cost a tier little
    return settings;
  }

  void add_span(std::string_view bytes) { spans.push_back({bytes.data(), bytes.size()}); }
  std::size_t hand_back_spans(std::size_t bytes) {
    result = {spans.empty() ? Span{} : spans.front(), spans.size(), spans.data()};
    return bytes;
  }

  bool evicting(const ItemView& item, std::uint64_t hash) noexcept override {
    if (tier_keeps(item, hash)) return true;
    if (!observes_) return false;
    const std::string_view key = item.key();
    item.for_each_piece([&](const Piece& piece) {
      isocache_evicting(key.data(), key.size(), item.client_flags(), item.exptime(),
                        item.value_length(), piece.bytes.data(), piece.bytes.size());
    });
    return false;
  }

  unsigned since_tick_ = 0;
  bool observes_;
};

inline std::unique_ptr<Cache> cache;

}  // namespace isocache
