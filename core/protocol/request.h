// Parsers produce requests and the engine executes them. Text commands are short forms: `gat` is a
// get that sets a TTL, `prepend` is a store in mode kPrepend. Only the wording of the reply
// differs.
//
// A request is plain data. It views the input and is valid until the session's input moves on. It
// has a common part and a part for its verb: begin_get(), begin_store() ... set the verb and give
// that part. An embedder may fill in a request and hand it to the engine (see examples/embed.cc).
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <string_view>
#include <type_traits>

#include "base/key.h"
#include "base/limits.h"

namespace isocache {

enum class Verb : std::uint8_t {
  kGet,         // get gets gat gats mg
  kStore,       // set add replace append prepend cas ms
  kDelete,      // delete md
  kArithmetic,  // incr decr ma
  kTouch,       // touch
  kDebug,       // me
  kReply,       // nothing to execute: the parser knows the reply (MN, VERSION, errors, END)
  kAdmin,       // flush_all, stats, lru_crawler ...: everything that is not about one key
};

// How the reply is worded; see command/wording/wording.h.
enum class ReplyStyle : std::uint8_t { kText, kMeta, kBinary };

enum class StoreMode : std::uint8_t { kSet, kAdd, kReplace, kAppend, kPrepend };

// Which numbers and switches a request carries. The letters are the meta flags'.
struct alignas(std::uint32_t) RequestFlags {
  bool return_value : 1;     // v; get, gets, gat, gats, unless silent
  bool return_cas : 1;       // c; gets, gats
  bool quiet : 1;            // q, noreply, the binary protocol's quiet opcodes
  bool no_update : 1;        // u
  bool set_stale : 1;        // I
  bool remove_value : 1;     // x
  bool binary_key : 1;       // b; binary: a key that no text command can have
  bool has_compare_cas : 1;  // C, cas
  bool has_new_cas : 1;      // E
  bool has_exptime : 1;      // T, gat, touch; storage commands always
  bool has_vivify : 1;       // N
  bool has_recache : 1;      // R
  bool may_win : 1;     // mg: one of the clients that read a stale item has to make its value anew
  bool is_touch : 1;    // gat, gats: a miss counts as a touch that missed
  bool silent : 1;      // get: another key of the line is bad; the error is the whole reply
  bool has_waited : 1;  // this get waited for memory before
  // Set where flags act in another order than R, T, N.
  bool exptime_before_recache : 1;
  bool vivify_before_exptime : 1;
  // mg, ma: the reply is an error. Flags that stand before the opaque take effect, others do not.
  bool opaque_too_long : 1;
  bool exptime_after_opaque : 1;
  bool vivify_after_opaque : 1;
  bool return_key : 1;  // binary: getk, gatk
};

// The parts of a request that only one verb has.

struct GetFields {
  std::string_view keys_to_come = {};  // the rest of a line with several keys
  bool last_key = false;               // text: END follows
};

struct StoreFields {
  std::string_view value = {};  // whole; empty when it was received as an upload
  std::size_t value_length = 0;
  StoreMode mode = StoreMode::kSet;
  // ms: a value that is too large removes the old value in every mode. A `set` always does that.
  bool too_large_removes = false;
};

struct ArithmeticFields {
  std::uint64_t delta = 1;    // D, incr, decr
  std::uint64_t initial = 0;  // J
  bool decrement = false;     // decr, M-
};

struct ReplyFields {
  std::string_view text = {};
  std::size_t value_length = 0;  // of a storage command that cannot be executed
  bool bad_value_end = false;    // its value came, but "\r\n" did not follow
  std::uint16_t status = 0;      // binary
};

struct AdminFields {
  std::string_view line = {};  // without its end; binary: the arguments alone
};

// Numbers are as sent; the engine turns exptimes into unix seconds.
struct Request {
  Request() : reply() {}

  Verb verb = Verb::kReply;
  ReplyStyle style = ReplyStyle::kText;
  std::uint8_t opcode = 0;  // binary: as sent; the reply repeats it
  RequestFlags flags = {};
  std::uint32_t client_flags = 0;   // F; of a stored item, or of one that md x empties
  std::uint32_t opaque = 0;         // binary: as sent; the reply repeats it
  Key key;                          // decoded; empty for kAdmin and most kReply
  std::string_view wire_key = {};   // as sent (base64 when binary_key), for k
  std::string_view flag_text = {};  // meta: the flags as sent; the reply answers them in this order
  std::int64_t exptime = 0;         // T
  std::int64_t vivify_exptime = 0;  // N
  std::int64_t recache_ttl = 0;     // R
  std::uint64_t compare_cas = 0;    // C
  std::uint64_t new_cas = 0;        // E

  union {  // by verb; kDelete, kTouch and kDebug have no part of their own
    GetFields get;
    StoreFields store;
    ArithmeticFields arithmetic;
    ReplyFields reply;
    AdminFields admin;
  };

  // Each function sets the verb and returns its part with default values.
  GetFields& begin_get() { return begin(Verb::kGet, get); }
  StoreFields& begin_store() { return begin(Verb::kStore, store); }
  ArithmeticFields& begin_arithmetic() { return begin(Verb::kArithmetic, arithmetic); }
  ReplyFields& begin_reply(std::string_view text) {
    ReplyFields& fields = begin(Verb::kReply, reply);
    fields.text = text;
    return fields;
  }
  AdminFields& begin_admin() { return begin(Verb::kAdmin, admin); }

 private:
  template <typename Fields>
  Fields& begin(Verb new_verb, Fields& fields) {
    verb = new_verb;
    return *new (&fields) Fields();
  }
};
// A batch of requests lies on the stack, and each request is cleared before it is filled in.
static_assert(sizeof(RequestFlags) == 4 && sizeof(Request) <= 144);
static_assert(std::is_trivially_copyable_v<Request> && std::is_trivially_destructible_v<Request>);

}  // namespace isocache
