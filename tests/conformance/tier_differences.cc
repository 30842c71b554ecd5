#include "conformance/tier_differences.h"

namespace isocache {
namespace {

struct Difference {
  std::string_view sent;  // it begins with
  const char* reason;
};

constexpr Difference kDifferences[] = {
    {"lru_crawler metadump", "lists have only what is in memory"},
    {"lru_crawler mgdump", "the same"},
    {"stats cachedump", "the same"},
    {"mg a l", "a read does not rewrite the record, which has the time of the read before"},
};

}  // namespace

bool differs_on_tier(std::string_view sent) {
  for (const Difference& difference : kDifferences) {
    if (sent.starts_with(difference.sent)) return true;
  }
  return false;
}

}  // namespace isocache
