#include "protocol/numbers.h"

namespace isocache {

bool parse_fixed(std::string_view text, unsigned digits, std::uint32_t& value) {
  const std::size_t point = text.find('.');
  std::uint64_t sum = 0;
  if (!parse_u64(text.substr(0, point), sum) || sum > 1000000) return false;
  std::string_view fraction;
  if (point != std::string_view::npos) fraction = text.substr(point + 1);
  for (const char c : fraction) {
    if (c < '0' || c > '9') return false;
  }
  for (unsigned i = 0; i < digits; ++i) {
    sum = sum * 10 + (i < fraction.size() ? static_cast<unsigned>(fraction[i] - '0') : 0U);
  }
  if (sum > std::numeric_limits<std::uint32_t>::max()) return false;
  value = static_cast<std::uint32_t>(sum);
  return true;
}

}  // namespace isocache
