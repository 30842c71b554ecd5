#include "native/base/parse_number.h"

#include <limits>

namespace isocache {
namespace {

std::uint64_t unit_of(char suffix) {
  switch (suffix) {
    case 'k':
    case 'K': return 1ULL << 10;
    case 'm':
    case 'M': return 1ULL << 20;
    case 'g':
    case 'G': return 1ULL << 30;
    default: return 0;
  }
}

}  // namespace

bool parse_decimal(std::string_view text, double& value) {
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  return error == std::errc() && end == text.data() + text.size();
}

bool parse_size(std::string_view text, std::uint64_t unit, std::uint64_t& bytes) {
  if (!text.empty() && unit_of(text.back()) != 0) {
    unit = unit_of(text.back());
    text.remove_suffix(1);
  }
  std::uint64_t number = 0;
  if (!parse_number(text, number)) return false;
  if (number > std::numeric_limits<std::uint64_t>::max() / unit) return false;
  bytes = number * unit;
  return true;
}

}  // namespace isocache
