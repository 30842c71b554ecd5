#include "command/value_output.h"

#include "protocol/write.h"

namespace isocache {
namespace {

void append_pieces(const GetOutcome& outcome, const Request& request, Output& out) {
  Store& store = outcome.source->store;
  const bool pin = store.may_pin(outcome.item, request.flags.has_waited);
  if (!pin) out.reserve(outcome.item.value_length());
  store.for_each_piece(outcome.item, [&](const Store::Piece& piece) {
    if (pin) {
      out.append_pinned(piece.bytes, Pin{outcome.source->shard, piece.segment});
      store.pin(piece.segment);
    } else {
      out.append(piece.bytes);
    }
  });
}

}  // namespace

void append_value(const GetOutcome& outcome, const Request& request, std::string_view end,
                  Output& out) {
  const Item& item = outcome.item;
  const std::size_t length = item.value_length();
  if (out.prefers_pin(length) || item.chained()) [[unlikely]] {
    append_pieces(outcome, request, out);
    out.append(end);
    return;
  }
  char* const begin = out.reserve(length + end.size());
  put(put(begin, item.contiguous_value()), end);
  out.commit(length + end.size());
}

}  // namespace isocache
