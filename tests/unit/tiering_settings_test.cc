// What settings do to a tier, and which items it has room for.
#include <gtest/gtest.h>

#include <string>

#include "unit/tiered_core.h"

namespace isocache {
namespace {

std::string set(const std::string& key, std::size_t bytes) {
  return "set " + key + " 0 0 " + std::to_string(bytes) + "\r\n" + std::string(bytes, 'v') + "\r\n";
}

// How many items that nobody reads were refused when the tier was full.
std::uint64_t refused(unsigned percent) {
  TieredCore core({.device_bytes = 16U << 20, .region_bytes = 1U << 20});
  Settings settings;
  settings.ext_item_size = 0;
  settings.ext_write_unread = percent;
  core.tiering.set(tiering_settings(settings));
  constexpr unsigned kItems = 40'000;
  for (unsigned i = 0; i < kItems; ++i) {
    EXPECT_EQ(core.ask(set("key" + std::to_string(i), 1000)), "STORED\r\n");
    core.device.complete_all();
  }
  return core.tiering.figures().not_admitted;
}

TEST(TieringSettings, TheShareOfUnreadItemsThatAreWritten) {
  EXPECT_EQ(refused(100), 0U);
  const std::uint64_t all = refused(0);
  EXPECT_GT(all, 10'000U);
  const std::uint64_t most = refused(20);
  EXPECT_GT(most, all * 7 / 10);
  EXPECT_LT(most, all * 9 / 10);
}

TEST(TieringSettings, TheLargestItem) {
  constexpr std::size_t kRegion = 8U << 20;
  TieredOptions options{.device_bytes = 64U << 20, .region_bytes = kRegion};
  TieredCore core(options);
  const std::string key = "k";
  const std::size_t largest =
      Tiering::largest_item_bytes(options.memory_limit, limits::kDefaultMaxItemBytes, kRegion) -
      key.size();
  const std::size_t other = 2000;
  const auto too_large = [&](std::size_t bytes) {
    const std::uint64_t before = core.tiering.figures().too_large;
    EXPECT_EQ(core.ask(set(key, bytes)), "STORED\r\n");
    for (unsigned i = 0; i < 5000; ++i) {
      core.ask(set("other" + std::to_string(i), other));
      core.device.complete_all();
    }
    return core.tiering.figures().too_large - before;
  };
  EXPECT_EQ(too_large(largest), 0U);
  EXPECT_EQ(too_large(largest + 1), 1U);
}

}  // namespace
}  // namespace isocache
