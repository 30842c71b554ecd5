// Turns one command line into a Request. text/ reads text commands, meta/ reads meta commands. The
// parser knows nothing of connections, buffers or the store: a session hands over whole lines and
// deals with data blocks.
//
// The order of the checks is memcached 1.6.45's. If a line has several errors, the order decides
// which of them is the reply:
//
//   meta   too few tokens, key too long, value length (ms), too many flags; then the first unknown
//          or repeated letter; then the last flag with a bad argument (b: the key is not base64; F
//          gives way to any other); then mode, opaque (for mg and ma, an opaque that is too long
//          is no error of the parser, see RequestFlags)
//   text   too few tokens, value length; then key, client flags, exptime, cas in any order, since
//          all are answered with the same words
//
// A storage command whose value length can be read always swallows its data block, even if the rest
// of the line is wrong.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/limits.h"
#include "protocol/request.h"

namespace isocache {

// Room for the decoded form of a base64 key. The request views it.
struct KeyBuffer {
  char bytes[limits::kMaxKeyBytes];
};

// What follows the line.
enum class AfterLine : std::uint8_t {
  kNothing,   // the request is whole
  kValue,     // its value: request.store.value_length bytes and "\r\n"
  kSwallow,   // the request is an error; reply.value_length bytes and "\r\n" are to be ignored
  kMoreKeys,  // the request reads the first key; get.keys_to_come has the others, for next_key()
  kClose,     // the connection ends after this reply (which may be empty)
};

// Parses a line without its line end. The caller passes a default-constructed `request`. Afterwards
// it views `line` and `key_buffer`, and its key has no hash yet. An exptime is at most
// `max_exptime_s`; see limits::kMaxExptimeS.
AfterLine parse_line(std::string_view line, KeyBuffer& key_buffer, Request& request,
                     std::int64_t max_exptime_s = limits::kMaxExptimeS);

// Makes `request`, which has the retrieval's flags, a get of the next key of `keys`. At first,
// `keys` is the value of keys_to_come after kMoreKeys. get.last_key tells whether this key ends the
// reply. If no key is left, or the next one is too long, it returns false; then end_of_retrieval()
// ends the reply.
bool next_key(std::string_view& keys, Request& request);
// If a retrieval has a key that is too long, it is silent: the keys before that one are read and
// touched, but the reply is only the error.
std::string_view end_of_retrieval(const RequestFlags& flags);

// Fills in a request from tokens, without a line: `verb` is a meta command ("mg", "ms", "md", "ma",
// "me"), `flags` are its meta flags ("T60 c"). The request views all arguments. Exptimes may have
// 32 bits. On an error it returns false, and the request is a kReply with the error's text.
bool make_request(std::string_view verb, std::string_view key, std::string_view flags,
                  std::string_view value, KeyBuffer& key_buffer, Request& request);

}  // namespace isocache
