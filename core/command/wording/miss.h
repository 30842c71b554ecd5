// The outcome of a request whose value did not come: the same as if no item had its key.
#pragma once

#include "command/outcome.h"
#include "protocol/request.h"

namespace isocache {

// It compares the cas of an item that must be there. `add` asks for none, and a missing item comes
// first for append and prepend.
constexpr bool misses_cas(const Request& request) {
  const StoreMode mode = request.store.mode;
  return request.flags.has_compare_cas && (mode == StoreMode::kSet || mode == StoreMode::kReplace);
}

// Calls say(outcome).
template <typename Say>
void say_miss(const Request& request, Say&& say) {
  switch (request.verb) {
    case Verb::kGet: say(GetOutcome{}); break;
    case Verb::kStore: {
      StoreOutcome outcome;
      outcome.status = misses_cas(request) ? StoreStatus::kNotFound : StoreStatus::kNotStored;
      outcome.value_length = request.store.value_length;
      say(outcome);
      break;
    }
    case Verb::kDelete: say(DeleteOutcome{}); break;
    case Verb::kArithmetic: say(ArithmeticOutcome{}); break;
    case Verb::kTouch: say(TouchOutcome{}); break;
    case Verb::kDebug: say(DebugOutcome{}); break;
    case Verb::kReply:
    case Verb::kAdmin: break;  // never late
  }
}

}  // namespace isocache
