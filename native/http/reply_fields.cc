#include "native/http/reply_fields.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <ctime>

#include "native/http/routes.h"

namespace isocache {

std::string http_date(UnixSeconds wall_s) {
  return fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(std::time_t{wall_s}));
}

std::string crowded_answer(UnixSeconds wall_s) {
  const Reply reply = too_many_connections();
  std::string text = "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n";
  const auto add = [&](std::string_view name, std::string_view value) {
    text += fmt::format("{}: {}\r\n", name, value);
  };
  add("Date", http_date(wall_s));
  add("Content-Type", reply.content_type);
  for (const auto& [name, value] : kSecurityFields) add(name, value);
  for (const auto& [name, value] : reply.fields) add(name, value);
  add("Content-Length", std::to_string(reply.body.size()));
  return text + "\r\n" + reply.body;
}

}  // namespace isocache
