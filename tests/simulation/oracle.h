// The possible values of shared keys. Each write to a key took effect at some time in an interval:
// its connection's turn. Two writes with overlapping intervals may have been in either order. A
// read is wrong if every order forbids it:
//
//   - a version that another write, a delete or a flush surely replaced before the read began
//   - a version that was never written, or whose write was refused
//   - a value without an append that surely happened to it
//   - a value that has expired
//   - without eviction (-M): a miss of what was acknowledged and surely not removed since
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "simulation/journal.h"
#include "simulation/values.h"

namespace isocache::simulation {

enum class Effect : std::uint8_t {
  kPending,  // it may happen, or have happened
  kApplied,
  kNone,
  kMaybe,  // the result is never known: noreply, or its connection is gone
};

enum class Change : std::uint8_t { kBase, kAppend, kPrepend, kRemove, kTouch };

// When an item expires; 0: never. The time is not exact if the clock advanced while the item may
// have been written.
struct Expiry {
  UnixSeconds earliest = 0;
  UnixSeconds latest = 0;
};

struct Mutation {
  Version version = 0;
  Change change = Change::kBase;
  Effect effect = Effect::kPending;
  Interval when{0, kNever};
  bool seen = false;
  Expiry expiry;
  std::uint32_t client_flags = 0;
  std::uint64_t cas = 0;
};

class Oracle {
 public:
  // `evicts`: a miss is allowed at any time.
  Oracle(Journal& journal, bool evicts) : journal_(journal), evicts_(evicts) {}

  // The server has begun to receive it.
  void begin(KeyId key, Version version, Change change, std::uint32_t client_flags);
  void end(KeyId key, Version version, Effect effect, Interval when, Expiry expiry);
  // A set that was refused: it removed the old item, or (`surely` false) may have.
  void refused(KeyId key, Version version, Interval when, bool surely);

  struct Read {
    KeyId key = 0;
    Interval when;
    std::string_view value;
    std::uint32_t client_flags = 0;
    bool has_client_flags = false;
    std::uint64_t cas = 0;  // 0: not asked for
    UnixSeconds now_s = 0;
  };
  // The base version that was read; 0 if the value is wrong.
  Version read(const Read& read);
  // A compare-and-set succeeded against this version.
  void still_current(KeyId key, Version base, Interval when);
  void miss(KeyId key, Interval when, UnixSeconds now_s);

  // `prefix`: of the keys that it flushes; 0: all.
  void flush_begins(Version flush, unsigned prefix);
  void flush_ends(Version flush, Interval when, bool surely);

  // All turns that go on began at `oldest` or later. Forgets versions that can no longer be read.
  void forget(Time oldest);

 private:
  struct History {
    std::vector<Mutation> mutations;
  };
  struct Flush {
    Version version;
    Interval when;
    bool surely;
    unsigned prefix;

    bool takes(KeyId key) const { return prefix == 0 || prefix == prefix_of(key); }
  };

  void fail(KeyId key, const std::string& what);
  Mutation* find(KeyId key, Version version);
  bool superseded(KeyId key, const History& history, const Mutation& base, Time before) const;
  bool may_be_removed(KeyId key, const History& history, const Mutation& base, Time until) const;
  void check_expiry(KeyId key, const History& history, const Mutation& base, UnixSeconds now_s);
  void check_appends(KeyId key, const History& history, const Mutation& base,
                     std::span<const Version> versions, Interval when);
  bool may_be_expired(const History& history, const Mutation& base, UnixSeconds now_s) const;
  const Mutation* check_order(const Read& read, std::span<const Version> versions);

  Journal& journal_;
  bool evicts_;
  std::unordered_map<KeyId, History> keys_;
  std::vector<KeyId> long_histories_;
  std::vector<Flush> flushes_;
};

}  // namespace isocache::simulation
