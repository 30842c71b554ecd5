// Web origins: where a browser's page comes from.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace isocache {

// Turns "HTTPS://App.Example:443" into the form in which browsers send it in Origin:
// "https://app.example". Returns nothing if no browser sends such an origin (a path, a pattern, no
// scheme, a name that is not ASCII). "null" is a valid origin.
std::optional<std::string> normalized_origin(std::string_view text);

}  // namespace isocache
