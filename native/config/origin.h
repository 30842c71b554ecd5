// Web origins: where a browser's page comes from.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace isocache {

// "HTTPS://App.Example:443" as browsers send it in Origin: "https://app.example". Nothing: no
// browser sends such a one (a path, a pattern, no scheme, a name that is not ASCII). "null" is one.
std::optional<std::string> normalized_origin(std::string_view text);

}  // namespace isocache
