#include "command/wording/miss.h"

#include "command/outcome.h"
#include "command/wording/wording.h"

namespace isocache {

void word_miss(const Request& request, Output& out) {
  switch (request.verb) {
    case Verb::kGet: word(GetOutcome{}, request, out); break;
    case Verb::kStore: {
      const bool compares = request.flags.has_compare_cas;
      word(StoreOutcome{compares ? StoreStatus::kNotFound : StoreStatus::kNotStored}, request, out);
      break;
    }
    case Verb::kDelete: word(DeleteOutcome{}, request, out); break;
    case Verb::kArithmetic: word(ArithmeticOutcome{}, request, out); break;
    case Verb::kTouch: word(TouchOutcome{}, request, out); break;
    case Verb::kDebug: word(DebugOutcome{}, request, out); break;
    case Verb::kReply:
    case Verb::kAdmin: break;  // never late
  }
}

}  // namespace isocache
