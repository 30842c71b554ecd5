// A cache under replay: a server over the wire, or a store in this process.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "store/store.h"

namespace isocache::bench {

// `expected` is the value that was last stored; a null view if no value may be found.
struct Lookup {
  std::string_view key;
  std::string_view expected;
};
enum class Found : std::uint8_t { kMiss, kHit, kWrongBytes };

struct Write {
  std::string_view key;
  std::string_view value;
  std::uint32_t ttl_s = 0;
};
enum class Written : std::uint8_t { kStored, kRefused };

struct CacheFigures {
  std::uint64_t items = 0;
  std::uint64_t evictions = 0;
  std::string details;  // one line about the internals, if there are any to show
};

class Cache {
 public:
  virtual ~Cache() = default;
  // One round trip each: as many answers as questions, in order.
  virtual void lookup(std::span<const Lookup> lookups, std::span<Found> found) = 0;
  virtual void write(std::span<const Write> writes, std::span<Written> written) = 0;
  // The trace's clock, for a cache that has none of its own.
  virtual void set_time(std::uint32_t seconds) = 0;
  virtual CacheFigures figures() = 0;
};

// "HOST:PORT", or a path of a unix socket. Speaks the text protocol.
std::unique_ptr<Cache> connect_cache(const std::string& address);

// `shards` stores that share options.memory_limit, chosen by hash as the server does.
std::unique_ptr<Cache> make_store_cache(const StoreOptions& options, unsigned shards);

}  // namespace isocache::bench
