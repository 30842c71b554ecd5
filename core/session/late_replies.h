// Replies that are late, and what later requests were answered, in order:
//
//   out | hole 0 | behind 0 | hole 1 | behind 1
//   ^ may be sent                      ^ tail(): the next reply goes here
//
// When hole 0 is filled, it and what is behind it join `out`. Holes may be filled in any order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>

#include "base/clock.h"
#include "command/late.h"
#include "protocol/output.h"
#include "protocol/parser.h"
#include "protocol/request.h"
#include "session/large_value.h"

namespace isocache {

struct LateReply {
  LateToken token = kNotLate;  // kNotLate: the hole is filled
  Request request;             // views `bytes`, or the value's own line
  std::unique_ptr<char[]> bytes;
  std::unique_ptr<LargeValue> large;  // the value that was received, if any
  UnixSeconds opened_s = 0;
  std::uint8_t tries = 0;
  bool waits_for_memory = false;  // it could be finished, but for that
  Output reply;
  Output behind;

  Upload* upload() const { return large ? &large->upload : nullptr; }
};

class LateReplies {
 public:
  explicit LateReplies(const OutputLimits& limits) : limits_(limits) {}

  bool empty() const { return holes_.empty(); }
  std::size_t size() const { return holes_.size(); }
  // Opens a hole behind all that was written so far. `out` is what precedes the first hole.
  LateReply& open(const Output& out);
  // Null: no open hole has that token.
  LateReply* find(LateToken token);
  // Null: no hole waits for memory.
  LateReply* find_waiting();
  LateReply& front() { return holes_.front(); }
  // Moves what no open hole precedes to the end of `out`.
  void collect_ready(Output& out);
  Output& tail() { return holes_.back().behind; }

  // No more requests may be executed before a hole is filled: there are too many, or a write is
  // late, whose effect must not come behind that of a later request.
  bool blocks() const;
  // How many of these requests may be executed: those before the first one whose key is late.
  std::size_t independent(std::span<const Request> requests) const;
  // All replies together, those in `out` too, exceed the limits.
  bool is_full(const Output& out) const;

  template <typename Visit>
  void for_each(Visit&& visit) {
    for (LateReply& hole : holes_) visit(hole);
  }

 private:
  std::size_t held_text(const Output& out) const;

  OutputLimits limits_;
  std::deque<LateReply> holes_;
};

// Copies what `request` views to memory of the reply's own. REQUIRES: it has one key.
void keep_request(const Request& request, LateReply& reply);

}  // namespace isocache
