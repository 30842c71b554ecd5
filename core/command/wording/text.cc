#include "command/wording/text.h"

#include "base/inline.h"
#include "command/value_output.h"
#include "protocol/replies.h"
#include "protocol/write.h"

namespace isocache::text {
namespace {

std::string_view reply_of(StoreStatus status) {
  switch (status) {
    case StoreStatus::kStored: return reply::kStored;
    case StoreStatus::kNotStored: return reply::kNotStored;
    case StoreStatus::kExists: return reply::kExists;
    case StoreStatus::kNotFound: return reply::kNotFound;
    case StoreStatus::kTooLarge: return reply::kTooLarge;
    case StoreStatus::kNoMemory: return reply::kNoMemoryStoring;
  }
  return {};
}

std::string_view reply_of(DeleteStatus status) {
  switch (status) {
    case DeleteStatus::kDone: return reply::kDeleted;
    case DeleteStatus::kNotFound: return reply::kNotFound;
    case DeleteStatus::kExists: return reply::kExists;
    case DeleteStatus::kNoMemory: return reply::kNoMemory;
  }
  return {};
}

std::string_view refusal_of(ArithmeticStatus status) {
  switch (status) {
    case ArithmeticStatus::kDone: break;
    case ArithmeticStatus::kNotFound: return reply::kNotFound;
    case ArithmeticStatus::kExists: return reply::kExists;
    case ArithmeticStatus::kNonNumeric: return reply::kNonNumeric;
    case ArithmeticStatus::kNoMemory: return reply::kNoMemory;
  }
  return {};
}

// Writes "VALUE <key> <client flags> <value length> [<cas>]\r\n", the value and "\r\n"; after the
// last key also END.
void append_item(const GetOutcome& outcome, const Request& request, Output& out) {
  constexpr std::string_view kValue = "VALUE ";
  constexpr std::size_t kMaxNumberBytes = 1 + kMaxU64Digits;  // with the space before it
  const Item& item = outcome.item;
  const std::string_view key = request.key.bytes;
  char* const begin = out.reserve(kValue.size() + key.size() + 3 * kMaxNumberBytes + 2);
  char* to = put(put(begin, kValue), key);
  *to++ = ' ';
  to = write_u64(to, item.client_flags());
  *to++ = ' ';
  to = write_u64(to, item.value_length());
  if (request.flags.return_cas) {
    *to++ = ' ';
    to = write_u64(to, item.cas());
  }
  to = put(to, "\r\n");
  out.commit(static_cast<std::size_t>(to - begin));
  append_value(outcome, request, request.get.last_key ? kLastLineEnd : kLineEnd, out);
}

}  // namespace

void word(const GetOutcome& outcome, const Request& request, Output& out) {
  if (outcome.found() && !request.flags.silent) {
    append_item(outcome, request, out);
  } else if (request.get.last_key) {
    out.append(reply::kEnd);
  }
}

ISOCACHE_CALLED_IN_WASM void word(const StoreOutcome& outcome, const Request& request,
                                  Output& out) {
  if (!request.flags.quiet) out.append(reply_of(outcome.status));
}

void word(const DeleteOutcome& outcome, const Request& request, Output& out) {
  if (!request.flags.quiet) out.append(reply_of(outcome.status));
}

void word(const ArithmeticOutcome& outcome, const Request& request, Output& out) {
  if (request.flags.quiet) return;
  if (outcome.status != ArithmeticStatus::kDone) {
    out.append(refusal_of(outcome.status));
    return;
  }
  append_u64(out, outcome.number);
  out.append("\r\n");
}

void word(const TouchOutcome& outcome, const Request& request, Output& out) {
  if (!request.flags.quiet) out.append(outcome.found ? reply::kTouched : reply::kNotFound);
}

}  // namespace isocache::text
