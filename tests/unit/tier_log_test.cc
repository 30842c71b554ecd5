// The log without faults: what is appended can be read, from memory and from the device.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tier_log_fixture.h"

namespace isocache::tier {
namespace {

std::string name(std::size_t n) { return "key" + std::to_string(n); }

TEST(TierLog, FindsARecordInMemoryAndOnTheDevice) {
  LogUnderTest test;
  const AppendResult result = test.append("foo", "bar");
  ASSERT_EQ(result.status, AppendStatus::kAppended);
  EXPECT_EQ(result.length, 1);
  const ReadResult found = test.log->find_in_memory(result.location, "foo");
  ASSERT_EQ(found.status, ReadStatus::kFound);
  EXPECT_EQ(found.record.header().bits, 5);
  EXPECT_EQ(found.record.header().client_flags, 7U);
  EXPECT_EQ(found.record.header().cas, 9U);
  EXPECT_EQ(found.record.header().exptime, 11U);
  EXPECT_EQ(found.record.header().last_access, 13U);
  EXPECT_EQ(value_of(found.record), "bar");
  EXPECT_EQ(test.log->find_in_memory(result.location, "fop").status, ReadStatus::kMissing);

  test.log->write_open_page();
  EXPECT_EQ(test.log->find_in_memory(result.location, "foo").status, ReadStatus::kOnDevice);
  EXPECT_EQ(test.pages.given(), 0U);
  EXPECT_EQ(test.read("foo"), "bar");
}

// Every size of value from nothing to several pages, so that records end and pages are crossed at
// every place.
TEST(TierLog, KeepsEverySize) {
  for (const std::size_t alignment : {std::size_t{512}, std::size_t{4096}}) {
    LogUnderTest test({.regions = 16, .region_pages = 64, .alignment = alignment});
    std::vector<std::size_t> sizes;
    for (std::size_t size = 0; size < 700; ++size) sizes.push_back(size);
    for (std::size_t pages = 1; pages <= 3; ++pages) {
      for (std::size_t size = pages * kPageRoomBytes - 60; size < pages * kPageRoomBytes + 20;
           ++size) {
        sizes.push_back(size);
      }
    }
    for (const std::size_t size : sizes) {
      const std::string key = name(size);
      ASSERT_EQ(test.append(key, value_for(key, 1, size)).status, AppendStatus::kAppended);
      ASSERT_EQ(test.read(key), value_for(key, 1, size));
    }
    for (const std::size_t size : sizes)
      ASSERT_EQ(test.read(name(size)), value_for(name(size), 1, size));
    test.log->write_open_page();
    EXPECT_EQ(test.pages.given(), 0U);
    for (const std::size_t size : sizes)
      ASSERT_EQ(test.read(name(size)), value_for(name(size), 1, size));
  }
}

}  // namespace
}  // namespace isocache::tier
