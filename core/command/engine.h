// Executes requests against one store and words the replies: one implementation each of get, store,
// delete, arithmetic, touch and debug, for both the text and the meta protocol.
//
// Works without any connection (see examples/embed.cc):
//
//   Request request;
//   KeyBuffer key_buffer;
//   make_request("ms", "key", "T60", "value", key_buffer, request);   // protocol/parser.h
//   request.key.hash = Store::hash(request.key.bytes, hash_key);
//   engine.execute(request, now_s, out);                              // out: "HD\r\n"
//
// Single-threaded, like its store: a host with several threads owns one engine a shard, and holds
// that shard's lock around every call here.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/clock.h"
#include "command/stats/figures.h"
#include "command/stats/prefixes.h"
#include "protocol/output.h"
#include "protocol/request.h"
#include "store/store.h"

namespace isocache {

struct EngineOptions {
  std::uint32_t shard = 0;  // goes into every Pin, so that the host finds the store again
  bool cas_enabled = true;
  // A get whose value can neither be copied nor pinned now is left to be executed later; see
  // Backend::execute(). False: it is copied, however long.
  bool gets_may_wait = false;
  bool count_prefixes = false;  // stats detail on
  char prefix_delimiter = ':';
};

// How a storage command ended.
enum class StoreOutcome : std::uint8_t {
  kStored,
  kNotStored,
  kExists,
  kNotFound,
  kTooLarge,
  kNoMemory,
};

enum class ArithmeticOutcome : std::uint8_t { kDone, kNotFound, kExists, kNonNumeric, kNoMemory };

class Engine {
 public:
  // REQUIRES: `store` outlives the engine.
  Engine(Store& store, const EngineOptions& options);

  // Executes requests in order and appends their replies in order; returns how many, as
  // Backend::execute() does. A run of more than one is prefetched first. REQUIRES: every request's
  // key belongs to this shard, or it is kReply; none is kAdmin.
  std::size_t execute(std::span<Request> requests, UnixSeconds now_s, Output& out);
  // The same for a host that has several shards' requests in a batch and prefetches by itself.
  std::size_t execute_prefetched(std::span<Request> requests, UnixSeconds now_s, Output& out);
  // One request, whatever is in the output.
  void execute(Request& request, UnixSeconds now_s, Output& out);

  // Backend's functions of the same names, for this shard.
  PutStatus begin_upload(const Request& request, UnixSeconds now_s, Upload* upload);
  std::span<char> upload_window(Upload& upload) { return store_.upload_window(upload); }
  void upload_received(Upload& upload, std::size_t bytes) { store_.upload_received(upload, bytes); }
  void abort_upload(Upload& upload) { store_.abort_upload(upload); }
  void refuse_upload(const Request& request, Upload& upload);
  void release(Pin pin) { store_.unpin(pin.segment); }

  // Hides everything stored before `at_s`, once that time has come; at once when it has. A later
  // call replaces an earlier one that is still waiting.
  void flush_at(UnixSeconds at_s, UnixSeconds now_s);
  // Background work, see Store::tick(). True if there is more to do at once.
  bool tick(UnixSeconds now_s);

  EngineFigures figures() const;
  void reset_counters();
  // stats detail on|off. Off, the counts stay.
  void count_prefixes(bool on);
  const PrefixStats& prefix_stats() const { return prefix_stats_; }
  Store& store() { return store_; }

 private:
  void prefetch(std::span<const Request> requests) const;
  // False: the request has to wait, and nothing was done.
  bool execute_one(Request& request, Output& out);
  bool dispatch(Request& request, Output& out);
  void begin_turn(UnixSeconds now_s);

  // get.cc
  bool get(Request& request, Output& out);
  bool must_wait(const Request& request, Item item, const Output& out) const;
  void count_get(const Request& request, const FindResult& found);
  void get_text(Request& request, Item item, Output& out);
  bool apply_get_flag(char flag, const Request& request, Item item, bool vivified);
  void get_meta(Request& request, Item item, bool vivified, Output& out);
  void miss_meta(Request& request, Output& out);
  void append_value(Item item, bool has_waited, Output& out);

  // store_value.cc
  void store(Request& request, Output& out);
  StoreOutcome decide_new(const Request& request, ItemFields& fields);
  bool passes_cas(const Request& request, Item old, ItemFields& fields);
  StoreOutcome decide(const Request& request, Item old, ItemFields& fields);
  StoreOutcome write_whole(Request& request, Item old, const ItemFields& fields);
  StoreOutcome write_joined(Request& request, Item old, const ItemFields& fields,
                            std::size_t* value_length);
  bool refuse_too_large(const Request& request);
  void drop_refused(const Request& request);
  void count_refused(PutStatus status);

  // modify.cc
  void remove(Request& request, Output& out);
  bool remove_meta(Request& request, Item item);
  void touch(Request& request, Output& out);

  // arithmetic.cc
  void arithmetic(Request& request, Output& out);
  ArithmeticOutcome add_to(const Request& request, Item* item, std::uint64_t* number);
  bool create_number(const Request& request, Item* item);
  bool write_number(const Request& request, std::uint64_t value, Item* item);

  // debug.cc
  void debug(Request& request, Output& out);

  // count_prefix.cc
  bool execute_and_count(Request& request, Output& out);
  void count_store(const Request& request);
  PrefixCounters* prefix_counters(const Request& request);

  std::uint64_t new_cas(const Request& request);
  BandCounters& band_of(Item item);

  // What every request reads, then what it writes: the host's lock fits beside the former.
  Store& store_;
  UnixSeconds now_s_ = 0;
  UnixSeconds flush_at_s_ = 0;  // 0: none waits
  EngineOptions options_;
  EngineCounters counters_;
  StoreCounters store_at_reset_;  // the store counts on
  std::array<std::uint64_t, kBands> evicted_at_reset_ = {};
  PrefixStats prefix_stats_;
};

}  // namespace isocache
