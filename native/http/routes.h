// Which page a request asks for, and the reply. Knows nothing of sockets.
#pragma once

#include <string>
#include <string_view>

#include "native/http/page_sources.h"

namespace isocache {

// These are all paths: nothing is looked up in a file system.
inline constexpr std::string_view kWebSocketPath = "/memcached";

struct PageRequest {
  std::string_view method;
  std::string_view target;         // "/metrics", "/metrics?x=1", "http://host/metrics"
  std::string_view authorization;  // field value; empty: none
  bool host_is_ours = true;        // see names_us() in upgrade.h
};

struct Reply {
  unsigned status = 200;
  std::string_view content_type = "text/plain; charset=utf-8";
  std::string body;
  // One more field. If there is none, the name is empty.
  std::string_view field = {};
  std::string_view field_value = {};
};

// The path of a request's target, without query, scheme and host.
std::string_view path_of(std::string_view target);

// The reply has a body for HEAD too; the code that sends it leaves the body out.
Reply answer(const PageRequest& request, const PageSources& sources);

// A reply for an error: one line of text.
Reply error_reply(unsigned status, std::string_view text);
// 401.
Reply password_wanted();
// 503.
Reply too_many_connections();

}  // namespace isocache
