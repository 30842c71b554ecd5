// What both parsers, text and meta, produce and the engine executes. Text commands are sugar: `gat`
// is a get that sets a TTL, `prepend` is a store in mode P; only the reply style differs.
//
// Plain data that views the input: valid until the session's input moves on. An embedder may fill
// one in itself and hand it to Engine::execute (see examples/embed.cc). The order of the meta flags
// matters to what mg and ma answer, so those read flag_text; without it their reply has no facts in
// it, while what the switches below say is done all the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/key.h"
#include "base/limits.h"

namespace isocache {

struct Upload;  // store/store.h; only carried here

enum class Verb : std::uint8_t {
  kGet,         // get gets gat gats mg
  kStore,       // set add replace append prepend cas ms
  kDelete,      // delete md
  kArithmetic,  // incr decr ma
  kTouch,       // touch
  kDebug,       // me
  kReply,  // nothing to execute: `fixed_reply` is the answer (MN, VERSION, errors, END of a get)
  kAdmin,  // flush_all, stats, lru_crawler ...: everything that is not about one key
};

// How the answer is worded.
enum class ReplyStyle : std::uint8_t { kText, kMeta };

enum class StoreMode : std::uint8_t { kSet, kAdd, kReplace, kAppend, kPrepend };

// Which numbers and switches a request carries. The letters are the meta flags'.
struct RequestFlags {
  bool return_value : 1;     // v
  bool return_cas : 1;       // c, gets, gats
  bool no_reply : 1;         // q, noreply
  bool no_update : 1;        // u
  bool set_stale : 1;        // I
  bool remove_value : 1;     // x
  bool binary_key : 1;       // b
  bool has_compare_cas : 1;  // C, cas
  bool has_new_cas : 1;      // E
  bool has_exptime : 1;      // T, gat, touch; storage commands always
  bool has_vivify : 1;       // N
  bool has_recache : 1;      // R
  bool decrement : 1;        // decr, M-
  bool opaque_too_long : 1;  // mg, ma: an error, but only when the reply comes to it
  bool has_waited : 1;       // a get that was not executed before, for want of memory
};

// Numbers are as sent; the engine turns exptimes into unix seconds.
struct Request {
  Verb verb = Verb::kReply;
  ReplyStyle style = ReplyStyle::kText;
  StoreMode mode = StoreMode::kSet;
  RequestFlags flags = {};
  Key key;                          // decoded; empty for kReply and kAdmin
  std::string_view wire_key;        // as sent (base64 when binary_key), for k
  std::string_view flag_text;       // meta: the flags as sent, in order, for the echo
  std::uint32_t client_flags = 0;   // F
  std::int64_t exptime = 0;         // T
  std::int64_t vivify_exptime = 0;  // N
  std::int64_t recache_ttl = 0;     // R
  std::uint64_t compare_cas = 0;    // C
  std::uint64_t new_cas = 0;        // E
  std::uint64_t delta = 1;          // D, incr, decr
  std::uint64_t initial = 0;        // J
  std::size_t value_length = 0;
  std::string_view value;        // whole when !upload
  Upload* upload = nullptr;      // the value, received straight into item memory
  std::string_view fixed_reply;  // kReply; text kGet: what follows the value or the miss
  std::string_view line;         // kAdmin: the command line without its end; get: the keys to come
};

}  // namespace isocache
