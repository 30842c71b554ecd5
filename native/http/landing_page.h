// The page at "/pages", and at "/" of a server without playground: it links to all other pages.
#pragma once

#include <string>
#include <string_view>

namespace isocache {

inline std::string landing_page(bool has_playground) {
  constexpr std::string_view kHead = R"html(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>isocache</title>
<h1>isocache</h1>
<p>A memcached-compatible cache. On this port:
<ul>
)html";
  constexpr std::string_view kPlayground =
      "<li><a href=\"/\">/</a>: the playground, a page where commands are tried on a cache of its "
      "own\n";
  constexpr std::string_view kRest =
      R"html(<li><code>/memcached</code>: the memcached protocol over WebSocket. Subprotocol
  <code>memcached</code>, binary frames.
<li><a href="/metrics">/metrics</a>: figures for Prometheus
<li><a href="/stats.json">/stats.json</a>: the same as JSON, by memcached's names
<li><a href="/healthz">/healthz</a>: 200 while the process lives
<li><a href="/readyz">/readyz</a>: 200 while it wants requests, 503 while it starts or drains
</ul>
</html>
)html";
  std::string page(kHead);
  if (has_playground) page += kPlayground;
  return page.append(kRest);
}

}  // namespace isocache
