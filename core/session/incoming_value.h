// A value too large to be buffered, on its way into item memory.
#pragma once

#include <cstddef>
#include <string>

#include "protocol/parser.h"
#include "protocol/request.h"
#include "store/store.h"

namespace isocache {

struct IncomingValue {
  std::string line;  // the command, which `request` views
  KeyBuffer key_buffer;
  Request request;
  Upload upload;
  bool begun = false;              // false: it waits for the uploads of others to end
  std::size_t line_end_bytes = 0;  // how many bytes of the "\r\n" after the value have come
  bool line_end_good = true;
};

}  // namespace isocache
