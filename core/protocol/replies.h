// All replies that are fixed texts, in memcached's words: the constants of replies.def. That file
// also says what each one means.
#pragma once

#include <string_view>

namespace isocache::reply {

#define ISOCACHE_REPLY(constant, text, ...) inline constexpr std::string_view constant = text;
#define ISOCACHE_META_CODE(constant, text, ...) inline constexpr std::string_view constant = text;
#define ISOCACHE_ERROR(constant, text, ...) inline constexpr std::string_view constant = text;
#include "protocol/replies.def"

}  // namespace isocache::reply
