#include "command/wording/binary.h"

#include "base/inline.h"
#include "command/value_output.h"
#include "protocol/write.h"

namespace isocache::binary {
namespace {

constexpr std::size_t kClientFlagsBytes = 4;

// What a header says of its reply, besides what the request says.
struct Head {
  Status status = Status::kOk;
  std::size_t extras_length = 0;
  std::size_t key_length = 0;
  std::size_t body_length = 0;
  std::uint64_t cas = 0;
};

// Returns the end. REQUIRES: kHeaderBytes bytes of room.
inline char* put_header(char* to, const Head& head, const Request& request) {
  *to++ = kReplyMagic;
  *to++ = static_cast<char>(request.opcode);
  to = write_number(to, static_cast<std::uint16_t>(head.key_length));
  *to++ = static_cast<char>(head.extras_length);
  *to++ = 0;  // data type
  to = write_number(to, static_cast<std::uint16_t>(head.status));
  to = write_number(to, static_cast<std::uint32_t>(head.body_length));
  to = write_number(to, request.opaque);
  return write_number(to, head.cas);
}

// A header alone: it is done.
void append_done(std::uint64_t cas, const Request& request, Output& out) {
  if (request.flags.quiet) return;
  put_header(out.reserve(kHeaderBytes), {.cas = cas}, request);
  out.commit(kHeaderBytes);
}

// Quiet gets say nothing of a miss. The others repeat the key where a hit would, or use words.
void append_miss(const Request& request, Output& out) {
  if (request.flags.quiet) return;
  if (!request.flags.return_key) return append_status(Status::kNotFound, request, out);
  const std::string_view key = request.key.bytes;
  char* const begin = out.reserve(kHeaderBytes + key.size());
  const Head head{Status::kNotFound, 0, key.size(), key.size(), 0};
  put(put_header(begin, head, request), key);
  out.commit(kHeaderBytes + key.size());
}

// The conditions of add and replace are errors of their own here.
Status status_of_not_stored(StoreMode mode) {
  switch (mode) {
    case StoreMode::kAdd: return Status::kExists;
    case StoreMode::kReplace: return Status::kNotFound;
    default: return Status::kNotStored;
  }
}

void append_no_memory(std::string_view why, const Request& request, Output& out) {
  append_frame(Status::kNoMemory, why, request, out);
}

}  // namespace

ISOCACHE_RARE void append_frame(Status status, std::string_view body, const Request& request,
                                Output& out) {
  char* const begin = out.reserve(kHeaderBytes + body.size());
  put(put_header(begin, {.status = status, .body_length = body.size()}, request), body);
  out.commit(kHeaderBytes + body.size());
}

ISOCACHE_RARE void append_row(std::string_view key, std::string_view value, const Request& request,
                              Output& out) {
  const std::size_t body = key.size() + value.size();
  char* const begin = out.reserve(kHeaderBytes + body);
  const Head head{.key_length = key.size(), .body_length = body};
  put(put(put_header(begin, head, request), key), value);
  out.commit(kHeaderBytes + body);
}

void word(const GetOutcome& outcome, const Request& request, Output& out) {
  if (!outcome.found()) return append_miss(request, out);
  const Item& item = outcome.item;
  const std::string_view key = request.flags.return_key ? request.key.bytes : std::string_view();
  const std::size_t bytes = kClientFlagsBytes + key.size();
  const Head head{Status::kOk, kClientFlagsBytes, key.size(), bytes + item.value_length(),
                  item.cas()};
  char* const begin = out.reserve(kHeaderBytes + bytes);
  put(write_number(put_header(begin, head, request), item.client_flags()), key);
  out.commit(kHeaderBytes + bytes);
  append_value(outcome, request, kNoEnd, out);
}

void word(const StoreOutcome& outcome, const Request& request, Output& out) {
  switch (outcome.status) {
    case StoreStatus::kStored: return append_done(outcome.cas, request, out);
    case StoreStatus::kNotStored:
      return append_status(status_of_not_stored(request.store.mode), request, out);
    case StoreStatus::kExists: return append_status(Status::kExists, request, out);
    case StoreStatus::kNotFound: return append_status(Status::kNotFound, request, out);
    case StoreStatus::kTooLarge: return append_status(Status::kTooLarge, request, out);
    case StoreStatus::kNoMemory:
      return append_no_memory("Out of memory allocating item", request, out);
  }
}

void word(const DeleteOutcome& outcome, const Request& request, Output& out) {
  switch (outcome.status) {
    case DeleteStatus::kDone: return append_done(0, request, out);
    case DeleteStatus::kNotFound: return append_status(Status::kNotFound, request, out);
    case DeleteStatus::kExists: return append_status(Status::kExists, request, out);
    case DeleteStatus::kNoMemory: return append_status(Status::kNoMemory, request, out);
  }
}

void word(const ArithmeticOutcome& outcome, const Request& request, Output& out) {
  constexpr std::size_t kNumberBytes = sizeof outcome.number;
  switch (outcome.status) {
    case ArithmeticStatus::kDone: break;
    case ArithmeticStatus::kNotFound: return append_status(Status::kNotFound, request, out);
    case ArithmeticStatus::kExists: return append_status(Status::kExists, request, out);
    case ArithmeticStatus::kNonNumeric: return append_status(Status::kNonNumeric, request, out);
    case ArithmeticStatus::kNoMemory:
      return append_no_memory("Out of memory incrementing value", request, out);
  }
  if (request.flags.quiet) return;
  char* const begin = out.reserve(kHeaderBytes + kNumberBytes);
  const Head head{.body_length = kNumberBytes, .cas = outcome.cas};
  write_number(put_header(begin, head, request), outcome.number);
  out.commit(kHeaderBytes + kNumberBytes);
}

void word(const TouchOutcome& outcome, const Request& request, Output& out) {
  if (!outcome.found) return append_miss(request, out);
  char* const begin = out.reserve(kHeaderBytes + kClientFlagsBytes);
  const Head head{Status::kOk, kClientFlagsBytes, 0, kClientFlagsBytes, outcome.cas};
  write_number(put_header(begin, head, request), outcome.client_flags);
  out.commit(kHeaderBytes + kClientFlagsBytes);
}

void word(const ReplyFields& reply, const Request& request, Output& out) {
  const auto status = static_cast<Status>(reply.status);
  if (status == Status::kOk) return append_done(0, request, out);
  append_frame(status, reply.text, request, out);
}

}  // namespace isocache::binary
