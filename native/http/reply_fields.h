// What every answer of the HTTP port carries besides its own fields. Without Beast, for those who
// answer without it.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"

namespace isocache {

// What a page of ours may do in a browser: nothing, and nobody may frame or read it.
inline constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kSecurityFields = {{
    {"Cache-Control", "no-store"},
    {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Referrer-Policy", "no-referrer"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
}};

// "Wed, 25 Nov 2026 20:50:00 GMT".
std::string http_date(UnixSeconds wall_s);

// The whole of too_many_connections(), for a connection that is closed unread.
std::string crowded_answer(UnixSeconds wall_s);

}  // namespace isocache
