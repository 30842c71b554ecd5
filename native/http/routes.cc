#include "native/http/routes.h"

#include <algorithm>
#include <array>

#include "native/http/credentials.h"
#include "native/http/landing_page.h"

namespace isocache {
namespace {

// Everybody may read health: probes know no password and use any host name.
enum class Access : std::uint8_t { kOpen, kGuarded };

struct Route {
  std::string_view path;
  Access access;
  Reply (*answer)(const PageSources& sources);
};

Reply landing(const PageSources& sources) {
  return {.content_type = "text/html; charset=utf-8",
          .body = landing_page(!sources.pages.playground.empty())};
}

Reply health(const PageSources& /*sources*/) { return {.body = "ok\n"}; }

Reply readiness(const PageSources& sources) {
  switch (sources.readiness.load(std::memory_order_relaxed)) {
    case Readiness::kLoading: return {.status = 503, .body = "loading\n"};
    case Readiness::kReady: return {.body = "ready\n"};
    case Readiness::kDraining: return {.status = 503, .body = "draining\n"};
  }
  return {};
}

Reply metrics(const PageSources& sources) {
  return {.content_type = "text/plain; version=0.0.4; charset=utf-8",
          .body = sources.pages.metrics()};
}

Reply stats(const PageSources& sources) {
  return {.content_type = "application/json", .body = sources.pages.stats_json()};
}

Reply not_upgraded(const PageSources& /*sources*/) {
  Reply reply = error_reply(426, "this is a WebSocket; subprotocol memcached, binary frames");
  reply.fields.push_back({"Upgrade", "websocket"});
  return reply;
}

constexpr std::array kRoutes = {
    Route{"/", Access::kOpen, landing},  // unless the playground is there
    Route{"/pages", Access::kOpen, landing},
    Route{"/healthz", Access::kOpen, health},
    Route{"/readyz", Access::kOpen, readiness},
    Route{"/metrics", Access::kGuarded, metrics},
    Route{"/stats.json", Access::kGuarded, stats},
    Route{kWebSocketPath, Access::kOpen, not_upgraded},
};

bool is_read(std::string_view method) { return method == "GET" || method == "HEAD"; }

Reply wrong_method() {
  Reply reply = error_reply(405, "GET and HEAD only");
  reply.fields.push_back({"Allow", "GET, HEAD"});
  return reply;
}

bool may_see(const PageRequest& request, const Authenticator& passwords) {
  const auto credentials = parse_basic(request.authorization);
  return credentials && passwords.check(credentials->user, credentials->password);
}

}  // namespace

std::string_view path_of(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!target.starts_with(scheme)) continue;
    const std::size_t end = target.find_first_of("/?#", scheme.size());
    if (end == std::string_view::npos || target[end] != '/') return "/";
    target = target.substr(end);
    break;
  }
  return target.substr(0, target.find_first_of("?#"));
}

Reply answer(const PageRequest& request, const PageSources& sources) {
  const std::string_view path = path_of(request.target);
  const PlaygroundFile* const file = find_file(sources.pages.playground, path);
  const auto* const route = std::ranges::find(kRoutes, path, &Route::path);
  if (file == nullptr && route == kRoutes.end()) {
    return error_reply(404, "no such page; /pages lists what is here");
  }
  if (!is_read(request.method)) return wrong_method();
  if (file != nullptr) return file_reply(*file, request.accept_encoding, request.if_none_match);
  if (route->access == Access::kGuarded) {
    if (!request.host_is_ours) {
      return error_reply(421,
                         "not under this name: use an IP address, or allow it by "
                         "--allow-origin http://NAME");
    }
    if (sources.passwords != nullptr && !may_see(request, *sources.passwords))
      return password_wanted();
  }
  return route->answer(sources);
}

Reply password_wanted() {
  Reply reply = error_reply(401, "a user and a password are needed");
  reply.fields.push_back({"WWW-Authenticate", R"(Basic realm="isocache", charset="UTF-8")"});
  return reply;
}

Reply too_many_connections() {
  Reply reply = error_reply(503, "too many open connections");
  reply.fields.push_back({"Retry-After", "1"});
  return reply;
}

}  // namespace isocache
