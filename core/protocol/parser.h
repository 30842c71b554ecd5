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
#include "protocol/parsed_line.h"
#include "protocol/request.h"

namespace isocache {

// Parses a line without its end. `request` is default-constructed by the caller; it views `line`
// and `key_buffer`. Its key has no hash yet. An exptime is at most `max_exptime_s`; see
// limits::kMaxExptimeS.
AfterLine parse_line(std::string_view line, KeyBuffer& key_buffer, Request& request,
                     std::int64_t max_exptime_s = limits::kMaxExptimeS);

// Fills in a request from tokens, without a line: `verb` is a meta command ("mg", "ms", "md", "ma",
// "me"), `flags` are its meta flags ("T60 c"). The request views all arguments. Exptimes may have
// 32 bits. On an error it returns false, and the request is a kReply with the error's text.
bool make_request(std::string_view verb, std::string_view key, std::string_view flags,
                  std::string_view value, KeyBuffer& key_buffer, Request& request);

}  // namespace isocache
