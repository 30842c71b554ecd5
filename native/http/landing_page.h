// The page at "/": it links to all other pages.
#pragma once

#include <string_view>

namespace isocache {

inline constexpr std::string_view kLandingPage = R"html(<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>isocache</title>
<h1>isocache</h1>
<p>A memcached-compatible cache. On this port:
<ul>
<li><code>/memcached</code>: the memcached protocol over WebSocket. Subprotocol
  <code>memcached</code>, binary frames.
<li><a href="/metrics">/metrics</a>: figures for Prometheus
<li><a href="/stats.json">/stats.json</a>: the same as JSON, by memcached's names
<li><a href="/healthz">/healthz</a>: 200 while the process lives
<li><a href="/readyz">/readyz</a>: 200 while it wants requests, 503 while it starts or drains
</ul>
</html>
)html";

}  // namespace isocache
