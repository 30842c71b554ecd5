// The words of -o that belong to the flash tier: how their values are read.
#include "native/cli/tier_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <utility>

#include "native/base/errors.h"
#include "native/base/parse_number.h"

namespace isocache {

void refuse_ext(std::string_view word) {
  throw UsageError(fmt::format("could not parse argument to {}", word));
}

unsigned ext_number(std::string_view word, std::string_view value) {
  unsigned parsed = 0;
  if (!parse_number(value, parsed)) refuse_ext(word);
  return parsed;
}

unsigned ext_scaled(std::string_view word, std::string_view value, double scale) {
  double parsed = 0;
  if (!parse_decimal(value, parsed) || parsed < 0 || parsed > 1e6) refuse_ext(word);
  return static_cast<unsigned>(std::lround(parsed * scale));
}

void ext_path(Options& options, std::string_view value) {
  constexpr std::array<std::string_view, 6> kBuckets = {"default", "compact",     "lowttl",
                                                        "chunked", "coldcompact", "old"};
  const auto refuse = [&](std::string_view why) {
    throw UsageError(fmt::format("-o ext_path: {}; an example is /mnt/flash/isocache:64g, not '{}'",
                                 why, value));
  };
  TierOptions::File file;
  auto colon = value.rfind(':');
  if (colon != std::string_view::npos &&
      std::ranges::find(kBuckets, value.substr(colon + 1)) != kBuckets.end()) {
    options.notes.emplace_back("-o ext_path: the name behind the size has no effect");
    colon = value.rfind(':', colon - 1);
  }
  if (colon == std::string_view::npos || colon == 0) refuse("a file and its size");
  file.path = value.substr(0, colon);
  std::string_view size = value.substr(colon + 1);
  size = size.substr(0, size.find(':'));
  constexpr std::string_view kUnits = "mgtp";
  const auto unit =
      size.empty() ? std::string_view::npos : kUnits.find(static_cast<char>(size.back() | 0x20));
  const auto refuse_zero = [] {
    throw UsageError("supplied ext_path has zero size, cannot use");  // memcached's words
  };
  if (!size.empty() && size.find_first_not_of('0') == std::string_view::npos) refuse_zero();
  if (unit == std::string_view::npos) refuse("the size ends with m, g, t or p");
  const unsigned shift = 20 + 10 * static_cast<unsigned>(unit);
  if (!parse_number(size.substr(0, size.size() - 1), file.bytes) ||
      file.bytes > (std::uint64_t{INT64_MAX} >> shift)) {
    refuse("the size is a number of m, g, t or p");
  }
  file.bytes <<= shift;
  if (file.bytes == 0) refuse_zero();
  options.tier.files.push_back(std::move(file));
}

void ext_page_size(Options& options, std::string_view value) {
  constexpr unsigned kMost_MB = 1024;
  const auto megabytes = ext_number("ext_page_size", value);
  if (megabytes == 0 || megabytes > kMost_MB) {
    throw UsageError(fmt::format("-o ext_page_size: 1 to {} (MB), not '{}'", kMost_MB, value));
  }
  options.tier.page_bytes = std::uint64_t{megabytes} << 20;
}

void ext_engine(Options& options, std::string_view value) {
  if (value != "io_uring" && value != "threads") {
    throw UsageError(fmt::format("-o ext_engine: io_uring or threads, not '{}'", value));
  }
  options.tier.allow_ring = value == "io_uring";
}

void ext_write_unread(Options& options, std::string_view value) {
  constexpr unsigned kAll = 100;
  unsigned percent = 0;
  if (!parse_number(value, percent) || percent > kAll) {
    throw UsageError(fmt::format("-o ext_write_unread: 0 to {} (percent), not '{}'", kAll, value));
  }
  options.settings.ext_write_unread = percent;
}

}  // namespace isocache
