#include "protocol/binary/binary_parser.h"

#include <array>

#include "base/key.h"
#include "base/limits.h"

namespace isocache::binary {
namespace {

constexpr std::uint8_t kExptimeBytes = 4;
constexpr std::uint8_t kStoreExtras = 8;        // client flags, exptime
constexpr std::uint8_t kArithmeticExtras = 20;  // delta, initial number, exptime
// The exptime of a number that is not to be created.
constexpr std::uint32_t kDoNotCreate = 0xFFFFFFFF;

enum class Part : std::uint8_t { kNone, kOne, kMaybe };

// What an opcode takes besides the header.
struct Form {
  Opcode opcode;
  Opcode quiet;  // the opcode that does the same and says less; itself: there is none
  std::uint8_t extras_bytes = 0;
  Part extras = Part::kNone;
  Part key = Part::kNone;
  Part value = Part::kNone;
};

constexpr Form keyed(Opcode opcode, Opcode quiet, std::uint8_t extras_bytes = 0,
                     Part value = Part::kNone) {
  return {opcode,     quiet, extras_bytes, extras_bytes == 0 ? Part::kNone : Part::kOne,
          Part::kOne, value};
}
constexpr Form bare(Opcode opcode, Opcode quiet) { return {opcode, quiet}; }

constexpr Form kForms[] = {
    keyed(Opcode::kGet, Opcode::kGetQ),
    keyed(Opcode::kGetK, Opcode::kGetKQ),
    keyed(Opcode::kGat, Opcode::kGatQ, kExptimeBytes),
    keyed(Opcode::kGatK, Opcode::kGatKQ, kExptimeBytes),
    keyed(Opcode::kTouch, Opcode::kTouch, kExptimeBytes),
    keyed(Opcode::kSet, Opcode::kSetQ, kStoreExtras, Part::kMaybe),
    keyed(Opcode::kAdd, Opcode::kAddQ, kStoreExtras, Part::kMaybe),
    keyed(Opcode::kReplace, Opcode::kReplaceQ, kStoreExtras, Part::kMaybe),
    keyed(Opcode::kAppend, Opcode::kAppendQ, 0, Part::kMaybe),
    keyed(Opcode::kPrepend, Opcode::kPrependQ, 0, Part::kMaybe),
    keyed(Opcode::kDelete, Opcode::kDeleteQ),
    keyed(Opcode::kIncrement, Opcode::kIncrementQ, kArithmeticExtras),
    keyed(Opcode::kDecrement, Opcode::kDecrementQ, kArithmeticExtras),
    {Opcode::kFlush, Opcode::kFlushQ, kExptimeBytes, Part::kMaybe},
    {Opcode::kStat, Opcode::kStat, 0, Part::kNone, Part::kMaybe},
    bare(Opcode::kNoop, Opcode::kNoop),
    bare(Opcode::kVersion, Opcode::kVersion),
    bare(Opcode::kQuit, Opcode::kQuitQ),
    bare(Opcode::kSaslList, Opcode::kSaslList),
    keyed(Opcode::kSaslAuth, Opcode::kSaslAuth, 0, Part::kMaybe),
    keyed(Opcode::kSaslStep, Opcode::kSaslStep, 0, Part::kMaybe),
};

// By opcode: the place in kForms, or kUnknown.
constexpr std::uint8_t kUnknown = 0xFF;
constexpr auto kFormOf = [] {
  std::array<std::uint8_t, 256> places = {};
  for (std::uint8_t& place : places) place = kUnknown;
  for (std::uint8_t i = 0; i != std::size(kForms); ++i) {
    places[static_cast<std::size_t>(kForms[i].opcode)] = i;
    places[static_cast<std::size_t>(kForms[i].quiet)] = i;
  }
  return places;
}();

bool fits(Part wanted, bool there) {
  return wanted == Part::kMaybe || there == (wanted == Part::kOne);
}

bool fits(const Form& form, const Header& header) {
  const std::size_t extras = header.extras_length();
  return fits(form.extras, extras != 0) && (extras == 0 || extras == form.extras_bytes) &&
         fits(form.key, header.key_length() != 0) && fits(form.value, header.value_length() != 0);
}

void refuse(Request& request, Status status) {
  request.begin_reply(text_of(status)).status = static_cast<std::uint16_t>(status);
}

// memcached ends a connection after a frame that it cannot understand.
AfterLine refuse_and_close(Request& request, Status status) {
  refuse(request, status);
  return AfterLine::kClose;
}

AfterLine refuse_and_go_on(const Header& header, Request& request, Status status) {
  refuse(request, status);
  request.reply.value_length = header.value_length();
  return AfterLine::kSwallow;
}

void read_compare_cas(const Header& header, Request& request) {
  request.compare_cas = header.cas();
  request.flags.has_compare_cas = request.compare_cas != 0;
}

AfterLine parse_get(Request& request, bool with_key) {
  request.begin_get();
  request.flags.return_value = true;
  request.flags.return_key = with_key;
  return AfterLine::kNothing;
}

AfterLine parse_get_and_touch(const char* extras, Request& request, bool with_key) {
  request.flags.is_touch = request.flags.has_exptime = true;
  request.exptime = read_number<std::uint32_t>(extras);
  return parse_get(request, with_key);
}

AfterLine parse_touch(const char* extras, Request& request) {
  request.verb = Verb::kTouch;
  request.flags.has_exptime = true;
  request.exptime = read_number<std::uint32_t>(extras);
  return AfterLine::kNothing;
}

AfterLine parse_value(const Header& header, StoreMode mode, Request& request) {
  if (header.value_length() > limits::kMaxSentValueBytes) {
    return refuse_and_go_on(header, request, Status::kTooLarge);
  }
  read_compare_cas(header, request);
  StoreFields& store = request.begin_store();
  store.value_length = header.value_length();
  store.too_large_removes = mode == StoreMode::kSet;
  // As in memcached, whoever sends a cas wants to replace that item, whatever the opcode.
  const bool whole = mode != StoreMode::kAppend && mode != StoreMode::kPrepend;
  store.mode = whole && request.flags.has_compare_cas ? StoreMode::kSet : mode;
  request.flags.has_exptime = true;
  request.flags.binary_key = is_binary(request.key.bytes);
  return AfterLine::kValue;
}

AfterLine parse_store(const Header& header, const char* extras, StoreMode mode, Request& request) {
  request.client_flags = read_number<std::uint32_t>(extras);
  request.exptime = read_number<std::uint32_t>(extras + sizeof request.client_flags);
  return parse_value(header, mode, request);
}

AfterLine parse_delete(const Header& header, Request& request) {
  request.verb = Verb::kDelete;
  read_compare_cas(header, request);
  return AfterLine::kNothing;
}

AfterLine parse_arithmetic(const Header& header, const char* extras, Request& request,
                           bool decrement) {
  ArithmeticFields& fields = request.begin_arithmetic();
  fields.delta = read_number<std::uint64_t>(extras);
  fields.initial = read_number<std::uint64_t>(extras + sizeof fields.delta);
  const auto exptime = read_number<std::uint32_t>(extras + 2 * sizeof fields.delta);
  fields.decrement = decrement;
  read_compare_cas(header, request);
  request.vivify_exptime = exptime;
  request.flags.has_vivify = exptime != kDoNotCreate;
  request.flags.binary_key = is_binary(request.key.bytes);
  return AfterLine::kNothing;
}

// What others have as a key is the argument of these.
AfterLine parse_admin(const Header& header, const char* extras, Request& request) {
  request.begin_admin().line = request.key.bytes;
  request.key.bytes = {};
  if (header.extras_length() != 0) request.exptime = read_number<std::uint32_t>(extras);
  return AfterLine::kNothing;
}

AfterLine parse_parts(const Header& header, std::string_view head, Login login, Request& request) {
  const std::uint8_t place = kFormOf[header.opcode()];
  if (place == kUnknown) return refuse_and_go_on(header, request, Status::kUnknownCommand);
  const Form& form = kForms[place];
  if (!fits(form, header)) return refuse_and_close(request, Status::kInvalid);
  if (login == Login::kNotNeeded && is_login(header)) {
    return refuse_and_go_on(header, request, Status::kUnknownCommand);
  }
  const char* const extras = head.data() + kHeaderBytes;
  request.key.bytes = request.wire_key = {extras + header.extras_length(), header.key_length()};
  request.flags.quiet = !header.is(form.opcode);
  switch (form.opcode) {
    case Opcode::kGet: return parse_get(request, false);
    case Opcode::kGetK: return parse_get(request, true);
    case Opcode::kGat: return parse_get_and_touch(extras, request, false);
    case Opcode::kGatK: return parse_get_and_touch(extras, request, true);
    case Opcode::kTouch: return parse_touch(extras, request);
    case Opcode::kSet: return parse_store(header, extras, StoreMode::kSet, request);
    case Opcode::kAdd: return parse_store(header, extras, StoreMode::kAdd, request);
    case Opcode::kReplace: return parse_store(header, extras, StoreMode::kReplace, request);
    case Opcode::kAppend: return parse_value(header, StoreMode::kAppend, request);
    case Opcode::kPrepend: return parse_value(header, StoreMode::kPrepend, request);
    case Opcode::kDelete: return parse_delete(header, request);
    case Opcode::kIncrement: return parse_arithmetic(header, extras, request, false);
    case Opcode::kDecrement: return parse_arithmetic(header, extras, request, true);
    case Opcode::kNoop: request.begin_reply({}); return AfterLine::kNothing;
    case Opcode::kQuit: request.begin_reply({}); return AfterLine::kClose;
    default: return parse_admin(header, extras, request);
  }
}

}  // namespace

std::size_t head_length(const Header& header) {
  if (!header.adds_up() || header.key_length() > limits::kMaxKeyBytes) return kHeaderBytes;
  return kHeaderBytes + header.extras_length() + header.key_length();
}

AfterLine parse_frame(std::string_view head, Login login, Request& request) {
  const Header header(head.data());
  request.style = ReplyStyle::kBinary;
  request.opcode = header.opcode();
  request.opaque = header.opaque();
  if (!header.adds_up()) return refuse_and_close(request, Status::kUnknownCommand);
  if (login == Login::kMissing && !is_login(header) && !header.is(Opcode::kVersion)) [[unlikely]] {
    return refuse_and_close(request, Status::kAuthError);
  }
  if (header.key_length() > limits::kMaxKeyBytes) {
    return refuse_and_close(request, Status::kInvalid);
  }
  return parse_parts(header, head, login, request);
}

}  // namespace isocache::binary
