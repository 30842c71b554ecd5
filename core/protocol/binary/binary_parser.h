// Turns a frame of the binary protocol into a Request: the third parser, beside text/ and meta/.
//
// The order of the checks is memcached's: lengths that do not add up, a login that is missing, a
// key that is too long, an opcode that is not known, parts that the opcode does not take.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "protocol/binary/frame.h"
#include "protocol/parsed_line.h"
#include "protocol/request.h"

namespace isocache::binary {

enum class Login : std::uint8_t { kNotNeeded, kMissing, kDone };

// How much of a frame parse_frame() reads: all but its value. No more than the header if the frame
// is refused by its lengths alone.
std::size_t head_length(const Header& header);

// `head` is the front of the frame, as long as head_length() says. `request` is default-constructed
// by the caller; it views `head`. Its key has no hash yet. No "\r\n" ends a value. A login (SASL)
// is a kAdmin whose value the session reads, and whose line is the mechanism.
AfterLine parse_frame(std::string_view head, Login login, Request& request);

}  // namespace isocache::binary
