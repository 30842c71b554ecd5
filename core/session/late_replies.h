// Late replies, and the replies to later requests behind them, in order:
//
//   out | hole 0 | behind 0 | hole 1 | behind 1
//   ^ may be sent                      ^ tail(): the next reply goes here
//
// When hole 0 is filled, it and the replies behind it join `out`. Holes may be filled in any order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "command/late.h"
#include "protocol/output.h"
#include "protocol/parser.h"
#include "protocol/request.h"
#include "session/incoming_value.h"

namespace isocache {

struct LateReply {
  LateReply(const OutputLimits& of_reply, const OutputLimits& of_behind)
      : reply(of_reply), behind(of_behind) {}

  LateToken token = kNotLate;  // kNotLate: the hole is filled
  Request request;             // views `bytes`, or the value's own line
  std::unique_ptr<char[]> bytes;
  std::unique_ptr<IncomingValue> large;  // the value that was received, if any
  UnixSeconds opened_s = 0;
  std::uint8_t tries = 0;
  enum class Waits : std::uint8_t {
    kNo,
    // Its value has come:
    kMemory,
    kRoom,   // too much is unsent
    kAgain,  // the same, and what was read for it has gone: Backend::put_off()
  } waits = Waits::kNo;
  Output reply;
  Output behind;

  Upload* upload() const { return large ? &large->upload : nullptr; }
  bool waits_for_room() const { return waits == Waits::kRoom || waits == Waits::kAgain; }
  bool waits_for_backend() const { return token != kNotLate && !waits_for_room(); }
};

class LateReplies {
 public:
  explicit LateReplies(const OutputLimits& limits) : limits_(limits) {}

  bool empty() const { return holes_.empty(); }
  std::size_t size() const { return holes_.size(); }
  // Opens a hole behind everything that was written so far. `out` holds what comes before the first
  // hole.
  LateReply& open(const Output& out);
  // Null: no open hole has that token.
  LateReply* find(LateToken token);
  // Null: no hole waits for memory.
  LateReply* find_waiting();
  // Null: no hole waits for room, or there is none, or it is no hole's turn.
  LateReply* find_with_room(const Output& out);
  // A reply may be finished if all together are not full. The first one needs what `out` has: it
  // is what the others wait for.
  bool has_room(const LateReply& hole, const Output& out) const {
    return !is_full(out) || (&hole == holes_.front().get() && !out.full());
  }
  // What is read again is read when it is needed next, so that nothing is read a third time.
  bool has_turn(const LateReply& hole, const Output& out) const {
    return has_room(hole, out) &&
           (hole.waits != LateReply::Waits::kAgain || !is_behind_backend(hole));
  }
  // An earlier hole waits for the backend.
  bool is_behind_backend(const LateReply& hole) const;
  // When the oldest hole was opened that waits for the backend. Null: none does.
  std::optional<UnixSeconds> since_s() const;
  // True if a reply that is held back pins values.
  bool has_pins() const;
  // The first one only waits until more is sent.
  bool waits_for_room() const { return holes_.front()->waits_for_room(); }
  // Moves what no open hole precedes to the end of `out`.
  void collect_ready(Output& out);
  Output& tail() { return holes_.back()->behind; }

  // True if no more requests may be executed before a hole is filled. Either there are too many
  // holes, or a write is late, and a later request must not take effect before it.
  bool blocks() const;
  // How many of these requests may be executed: those before the first request whose key is late.
  std::size_t independent(std::span<const Request> requests) const;
  // True if all replies together, including those in `out`, exceed the limits.
  bool is_full(const Output& out) const;

  template <typename Visit>
  void for_each(Visit&& visit) {
    for (const auto& hole : holes_) visit(*hole);
  }

 private:
  // The first hole for which condition(hole) is true; null: none.
  template <typename Condition>
  LateReply* find_if(Condition&& condition) const;
  struct Amount {
    std::size_t text_bytes = 0;
    std::size_t all_bytes = 0;
    std::size_t refs = 0;
  };
  // Of all replies together, those in `out` too.
  Amount held(const Output& out) const;

  OutputLimits limits_;
  std::vector<std::unique_ptr<LateReply>> holes_;
};

// Copies what `request` views into memory of the late reply. REQUIRES: it has one key.
void keep_request(const Request& request, LateReply& reply);

}  // namespace isocache
