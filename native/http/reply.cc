#include "native/http/reply.h"

#include <fmt/format.h>

namespace isocache {

Reply error_reply(unsigned status, std::string_view text) {
  return {.status = status, .body = fmt::format("{} {}\n", status, text)};
}

}  // namespace isocache
