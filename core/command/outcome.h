// The results of commands. A command decides, applies its effects in one pass, and returns one of
// these. A wording (wording/wording.h) then writes it in the client's protocol.
//
// Outcomes are plain data, and hold every fact that a protocol reports. An item in an outcome is
// valid until the next call that may write to the store, so an outcome is worded at once.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/clock.h"
#include "store/store.h"

namespace isocache {

// How a command changed an exptime. A meta reply shows the exptime as it is between one flag and
// the next, so the wording picks the right one by the flag's position.
struct Exptimes {
  UnixSeconds before = 0;         // before the command; 0 for an item that it created
  UnixSeconds after_exptime = 0;  // T, if the request has one
  UnixSeconds after_vivify = 0;   // N, if the command created the item
};

enum class GetStatus : std::uint8_t {
  kHit,
  kCreated,  // the item was missing; the command created it, and the client won (N)
  kMiss,
  kMustWait,  // nothing was done: the value can be neither copied nor pinned now
};

// Where an item's value is, for append_value().
struct ValueSource {
  Store& store;
  std::uint32_t shard;  // goes into pins
};

struct GetOutcome {
  GetStatus status = GetStatus::kMiss;
  bool value_wanted = false;     // the client asked for the value and does not have it already (C)
  bool won = false;              // this client has to make the value anew
  std::uint8_t bits_before = 0;  // ItemBits
  UnixSeconds now_s = 0;
  UnixSeconds last_access_before = 0;
  Exptimes exptimes;
  Item item;                            // null on a miss
  const ValueSource* source = nullptr;  // null: the item lies outside the store, in one piece

  bool found() const { return static_cast<bool>(item); }
  bool created() const { return status == GetStatus::kCreated; }
  bool fetched_before() const { return (bits_before & kFetched) != 0; }
  bool stale() const { return (bits_before & kStale) != 0; }
  // Another client is making the value anew.
  bool win_was_sent() const { return (bits_before & kWinSent) != 0; }
};

enum class StoreStatus : std::uint8_t {
  kStored,
  kNotStored,
  kExists,
  kNotFound,
  kTooLarge,
  kNoMemory,
};

struct StoreOutcome {
  StoreStatus status = StoreStatus::kStored;
  std::uint64_t cas = 0;         // of the item; 0 if it was not stored
  std::size_t value_length = 0;  // of the item; of the sent value if it was not stored
};

enum class DeleteStatus : std::uint8_t { kDone, kNotFound, kExists, kNoMemory };

struct DeleteOutcome {
  DeleteStatus status = DeleteStatus::kNotFound;
  std::uint64_t cas = 0;  // of an item that was kept: emptied (x) or marked stale (I)
};

enum class ArithmeticStatus : std::uint8_t { kDone, kNotFound, kExists, kNonNumeric, kNoMemory };

struct ArithmeticOutcome {
  ArithmeticStatus status = ArithmeticStatus::kNotFound;
  bool created = false;  // by this command (N)
  UnixSeconds now_s = 0;
  std::uint64_t number = 0;
  std::uint64_t cas = 0;
  Exptimes exptimes;
};

struct TouchOutcome {
  bool found = false;
  std::uint32_t client_flags = 0;
  std::uint64_t cas = 0;
};

struct DebugOutcome {
  Item item;  // null on a miss
  UnixSeconds now_s = 0;
  bool cas_enabled = true;
};

}  // namespace isocache
