// How the words of -o that belong to the flash tier read their values. Where memcached has the
// word, its messages are memcached's. All throw UsageError.
#pragma once

#include <string_view>

#include "native/config/options.h"

namespace isocache {

[[noreturn]] void refuse_ext(std::string_view word);
unsigned ext_number(std::string_view word, std::string_view value);
// A decimal such as 0.80, in units of 1/scale.
unsigned ext_scaled(std::string_view word, std::string_view value, double scale);

// FILE:SIZE[m|g|t|p][:bucket], as memcached takes it. The bucket says which items go to which file;
// here all files are one tier.
void ext_path(Options& options, std::string_view value);
void ext_page_size(Options& options, std::string_view value);
void ext_engine(Options& options, std::string_view value);
void ext_write_unread(Options& options, std::string_view value);

}  // namespace isocache
