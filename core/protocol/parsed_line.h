// What the parsers of text and meta lines give back besides the Request.
#pragma once

#include <cstdint>

#include "base/limits.h"

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

}  // namespace isocache
