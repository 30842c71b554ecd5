// A `get` with several keys. Its further keys are at the front of the input.
#pragma once

#include <cstddef>
#include <cstdint>

#include "protocol/request.h"

namespace isocache {

struct Retrieval {
  std::size_t keys_length = 0;  // bytes of keys
  std::size_t line_end = 0;     // bytes after them
  RequestFlags flags = {};
  std::int64_t exptime = 0;
  bool active = false;
  // The line is too long to be kept: its end is found behind its last key.
  bool open = false;
  bool keys_seen = false;  // only if `open`
};

}  // namespace isocache
