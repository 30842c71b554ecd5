#include "command/value_output.h"

namespace isocache {

void append_large_value(const GetOutcome& outcome, const Request& request, const ValueEnd& end,
                        Output& out) {
  if (outcome.source == nullptr) {
    out.append(outcome.item.contiguous_value());
    out.append(end.view());
    return;
  }
  Store& store = outcome.source->store;
  const bool pin = store.may_pin(outcome.item, request.flags.has_waited);
  if (!pin) out.reserve(outcome.item.value_length() + end.size);
  store.for_each_piece(outcome.item, [&](const Piece& piece) {
    if (pin) {
      out.append_pinned(piece.bytes, Pin{outcome.source->shard, piece.segment});
      store.pin(piece.segment);
    } else {
      out.append(piece.bytes);
    }
  });
  out.append(end.view());
}

}  // namespace isocache
