// Which page a request asks for, and the reply. Knows nothing of sockets.
#pragma once

#include <string_view>

#include "native/http/page_sources.h"
#include "native/http/reply.h"

namespace isocache {

// Nothing is looked up in a file system: the other paths are in routes.cc and in the playground.
inline constexpr std::string_view kWebSocketPath = "/memcached";

struct PageRequest {
  std::string_view method;
  std::string_view target;         // "/metrics", "/metrics?x=1", "http://host/metrics"
  std::string_view authorization;  // field value; empty: none
  bool host_is_ours = true;        // see names_us() in upgrade.h
  // Field values; empty: none.
  std::string_view accept_encoding = {};
  std::string_view if_none_match = {};
};

// The path of a request's target, without query, scheme and host.
std::string_view path_of(std::string_view target);

// The reply has a body for HEAD too; the code that sends it leaves the body out.
Reply answer(const PageRequest& request, const PageSources& sources);

// 401.
Reply password_wanted();
// 503.
Reply too_many_connections();

}  // namespace isocache
