#include "command/wording/miss.h"

#include "command/wording/wording.h"

namespace isocache {

void word_miss(const Request& request, Output& out) {
  say_miss(request, [&](const auto& outcome) { word(outcome, request, out); });
}

}  // namespace isocache
