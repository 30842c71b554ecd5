// The fields that every answer of the HTTP port carries besides its own. Does not use Beast,
// because some callers answer without it.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"

namespace isocache {

// Forbids everything that our pages do not need in a browser: other pages may neither frame nor
// read them.
inline constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kSecurityFields = {{
    {"Cache-Control", "no-store"},
    {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Referrer-Policy", "no-referrer"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
}};

// Formats a date as "Wed, 25 Nov 2026 20:50:00 GMT".
std::string http_date(UnixSeconds wall_s);

// The complete reply too_many_connections(), for a connection that is closed without being read.
std::string crowded_answer(UnixSeconds wall_s);

}  // namespace isocache
