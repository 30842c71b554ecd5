// Every reply that is a fixed text, in memcached's words: the constants of replies.def. What each
// means is there, too.
#pragma once

#include <string_view>

namespace isocache::reply {

#define ISOCACHE_REPLY(constant, text, ...) inline constexpr std::string_view constant = text;
#define ISOCACHE_META_CODE(constant, text, ...) inline constexpr std::string_view constant = text;
#define ISOCACHE_ERROR(constant, text, ...) inline constexpr std::string_view constant = text;
#include "protocol/replies.def"

}  // namespace isocache::reply
