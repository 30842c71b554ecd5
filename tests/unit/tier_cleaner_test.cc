// Regions are used again: what should stay is written again, everything else is forgotten, and
// nothing ever waits.
#include <gtest/gtest.h>

#include <string>

#include "tier_log_fixture.h"

namespace isocache::tier {
namespace {

using Status = AppendStatus;

constexpr std::size_t kValueBytes = 3'000;

std::string name(std::size_t n) { return "key" + std::to_string(n); }
std::string value(std::size_t n) { return value_for(name(n), 1, kValueBytes); }

// Appends records and does what a tick would do. Returns how many were refused.
std::size_t fill(LogUnderTest& test, std::size_t begin, std::size_t end) {
  std::size_t refused = 0;
  for (std::size_t n = begin; n < end; ++n) {
    if (test.append(name(n), value(n)).status != Status::kAppended) ++refused;
    test.step();
  }
  return refused;
}

std::size_t found(LogUnderTest& test, std::size_t begin, std::size_t end) {
  std::size_t found = 0;
  for (std::size_t n = begin; n < end; ++n) {
    const std::optional<std::string> answer = test.read(name(n));
    if (!answer) continue;
    EXPECT_EQ(*answer, value(n));
    ++found;
  }
  return found;
}

void keep(LogUnderTest& test, std::size_t n) {
  test.owner.find(test.owner.hash_of(name(n)))->keep = true;
}

// Fills all regions but a part of the last one, so that the oldest is to be cleaned, and not in a
// hurry. Returns how many records it took.
std::size_t fill_until_due(LogUnderTest& test) {
  std::size_t n = 0;
  while (test.log->regions()[3].pages < 5) {
    EXPECT_EQ(test.append(name(n), value(n)).status, Status::kAppended);
    ++n;
  }
  return n;
}

// 4 regions of 8 pages hold about 680 records of this size.
constexpr std::size_t kHeld = 4 * 8 * kPageRoomBytes / (kValueBytes + 40);

TEST(TierCleaner, TheOldestGoesAndTheNewestStays) {
  LogUnderTest test;
  EXPECT_EQ(fill(test, 0, 5'000), 0U);
  EXPECT_GT(test.log->figures().cleaner.cleaned_regions, 20U);
  EXPECT_EQ(test.log->figures().cleaner.bad_pages, 0U);
  EXPECT_EQ(test.log->figures().cleaner.sweeps, 0U);
  EXPECT_GE(found(test, 5'000 - kHeld / 2, 5'000), kHeld / 2);
  EXPECT_EQ(found(test, 0, 5'000 - kHeld), 0U);
  EXPECT_EQ(test.owner.size(), found(test, 0, 5'000));
  EXPECT_EQ(test.log->regions().live_records(), test.owner.size());
}

TEST(TierCleaner, WhatWasReadStays) {
  LogUnderTest test;
  for (std::size_t n = 0; n < 3'000; ++n) {
    fill(test, n, n + 1);
    for (std::size_t kept = 0; kept < 20; ++kept) {
      if (n >= 20) keep(test, kept);
    }
  }
  EXPECT_EQ(found(test, 0, 20), 20U);
  EXPECT_GT(test.log->figures().cleaner.kept_records, 50U);
  EXPECT_EQ(found(test, 20, 3'000 - kHeld), 0U);
}

TEST(TierCleaner, KeepsLongRecordsToo) {
  LogUnderTest test({.region_pages = 16, .alignment = 4096});
  const std::string value = value_for("long", 1, 200'000);
  ASSERT_EQ(test.append("long", value).status, Status::kAppended);
  for (std::size_t n = 0; n < 3'000; ++n) {
    ASSERT_EQ(fill(test, n, n + 1), 0U);
    test.owner.find(test.owner.hash_of("long"))->keep = true;
  }
  EXPECT_EQ(test.read("long"), value);
  EXPECT_EQ(test.log->figures().cleaner.bad_pages, 0U);
}

TEST(TierCleaner, KeepsNoMoreThanItsShare) {
  LogUnderTest test;
  for (std::size_t n = 0; n < 3'000; ++n) {
    EXPECT_EQ(fill(test, n, n + 1), 0U) << n;
    keep(test, n);
  }
  EXPECT_GT(test.log->figures().cleaner.kept_records, 100U);
  EXPECT_GT(test.log->figures().cleaner.dropped_records, 100U);
  EXPECT_EQ(test.owner.size(), found(test, 0, 3'000));
}

TEST(TierCleaner, AStepIsBounded) {
  LogUnderTest test;
  std::size_t n = 0;
  while (test.log->regions()[3].state == RegionState::kFree) {
    test.append(name(n), "small");
    ++n;
  }
  const std::size_t records = test.log->regions()[0].records;
  std::size_t steps = 0;
  for (; test.log->regions()[0].state != RegionState::kFree && n < 100'000; ++n) {
    test.append(name(n), "small");
    const std::size_t before = test.owner.size();
    if (test.log->step()) ++steps;
    EXPECT_LE(before, test.owner.size() + 32);
  }
  EXPECT_GE(steps, records / 32);
}

// Nobody calls step() but after an append, and it is never late, whatever the size of the records.
TEST(TierCleaner, KeepsPace) {
  for (const std::size_t size : {40U, 1'000U, 10'000U, 70'000U, 500'000U}) {
    LogUnderTest test({.region_pages = 32});
    const std::size_t records = 8 * test.log->regions().region_bytes() / (size + 64);
    for (std::size_t n = 0; n < records; ++n) {
      const std::string key = name(n);
      ASSERT_EQ(test.append_and_keep_pace(key, std::string(size, 'v')), Status::kAppended) << size;
      if (n % 3 == 0) test.owner.find(test.owner.hash_of(key))->keep = true;
    }
    EXPECT_GT(test.log->figures().cleaner.kept_records, 0U);
    EXPECT_EQ(test.log->figures().cleaner.hurried_regions, 0U) << size;
  }
}

// Old records may be small while new ones are large, and the other way round.
TEST(TierCleaner, KeepsPaceWhenSizesChange) {
  for (const std::size_t first : {60U, 1'000U, 50'000U}) {
    LogUnderTest test({.region_pages = 64});
    const std::size_t bytes = 3 * test.log->regions().region_bytes();
    std::size_t n = 0;
    for (const std::size_t size : std::initializer_list<std::size_t>{first, 50'000, 60, first}) {
      for (std::size_t written = 0; written < bytes; written += size + 64, ++n) {
        const std::string key = name(n);
        ASSERT_EQ(test.append_and_keep_pace(key, std::string(size, 'v')), Status::kAppended);
        if (n % 3 == 0) test.owner.find(test.owner.hash_of(key))->keep = true;
      }
    }
    EXPECT_EQ(test.log->figures().cleaner.hurried_regions, 0U) << first;
  }
}

// Fills the last of four regions to some pages, and nobody cleans meanwhile.
void fall_behind(LogUnderTest& test, std::uint32_t pages) {
  auto n = static_cast<std::size_t>(test.log->figures().appended_records);
  for (; test.log->regions()[3].pages < pages; ++n) test.append(name(n), value(n));
}

std::uint64_t pages_read(const LogUnderTest& test) {
  return test.log->figures().cleaner.read_bytes / kPageBytes;
}

// However far behind it is. Four pages are read at a time.
TEST(TierCleaner, NoCallMakesUpForAll) {
  constexpr std::uint32_t kPages = 64;
  LogUnderTest test({.region_pages = kPages});
  fall_behind(test, 3);
  test.log->keep_pace(0);
  EXPECT_EQ(pages_read(test), 0U);
  fall_behind(test, kPages / 2);
  for (int calls = 0; calls < 200; ++calls) {
    const std::uint64_t before = pages_read(test);
    test.log->keep_pace(0);
    ASSERT_LE(pages_read(test), before + 4);
  }
  // It has gone as far as it has to be by now, and no farther.
  const std::uint64_t due = test.log->regions().region_bytes() * (50 - 5) / (70 - 5) / kPageBytes;
  EXPECT_GE(pages_read(test) + 4, due);
  EXPECT_LE(pages_read(test), due + 8);
}

// A large append pays for more.
TEST(TierCleaner, AnAppendIsPaidFor) {
  constexpr std::uint32_t kPages = 64;
  LogUnderTest test({.region_pages = kPages});
  fall_behind(test, kPages / 2);
  test.log->keep_pace(8 * kPageBytes);
  EXPECT_GE(pages_read(test), 20U);
  EXPECT_LE(pages_read(test), 32U);
}

// While a read is on its way nothing can be done. That does not make one call long afterwards.
TEST(TierCleaner, WhatADelayCostsIsMadeUpForBitByBit) {
  LogUnderTest test({.region_pages = 64});
  fall_behind(test, 32);
  test.device.set_delayed(true);
  for (int n = 0; n < 100; ++n) test.log->keep_pace(kPageRoomBytes);
  EXPECT_EQ(test.device.pending(), 1U);
  test.device.complete_all();
  test.device.set_delayed(false);
  EXPECT_EQ(pages_read(test), 4U);
  test.log->keep_pace(0);
  EXPECT_LE(pages_read(test), 8U);
  for (int n = 0; n < 100; ++n) test.log->keep_pace(0);
  EXPECT_GE(pages_read(test), 40U);
  EXPECT_EQ(test.log->figures().cleaner.hurried_regions, 0U);
}

TEST(TierCleaner, ARegionOfTheDeadIsNotRead) {
  LogUnderTest test;
  for (std::size_t n = 0; n < 5'000; ++n) {
    ASSERT_EQ(fill(test, n, n + 1), 0U);
    test.erase(name(n));
  }
  EXPECT_EQ(test.log->figures().cleaner.read_bytes, 0U);
  EXPECT_GT(test.log->figures().cleaner.cleaned_regions, 20U);
}

TEST(TierCleaner, RefusesWhileNothingIsClean) {
  LogUnderTest test;
  std::size_t n = 0;
  while (test.append(name(n), value(n)).status == Status::kAppended) ++n;
  EXPECT_GE(n, kHeld - 10);
  EXPECT_EQ(test.append(name(n), value(n)).status, Status::kNotClean);
  EXPECT_EQ(found(test, 0, n), n);
  test.step();
  EXPECT_EQ(test.append(name(n), value(n)).status, Status::kAppended);
}

// Then old records are given up, and new ones are not refused.
TEST(TierCleaner, AReadThatNeverEndsIsWaitedForWhileThereIsTime) {
  LogUnderTest test;
  std::size_t n = fill_until_due(test);
  keep(test, 0);
  test.device.set_delayed(true);
  const auto complete_writes = [&] {
    while (test.device.pending() > 1) test.device.complete(1);
  };
  test.step();
  ASSERT_EQ(test.device.pending(), 1U);
  ASSERT_TRUE(test.device.is_read(0));
  for (int tick = 0; tick < 10; ++tick) test.step();
  EXPECT_EQ(test.device.pending(), 1U);
  EXPECT_EQ(test.log->regions()[0].state, RegionState::kFull);
  for (std::size_t end = n + 2 * kHeld; n < end; ++n) {
    ASSERT_EQ(test.append(name(n), value(n)).status, Status::kAppended);
    complete_writes();
    test.step();
  }
  EXPECT_GE(test.log->figures().cleaner.hurried_regions, 6U);
  EXPECT_EQ(test.device.pending(), 1U);
  test.device.complete_all();
  EXPECT_EQ(test.device.reads_held(), 0U);
  test.device.set_delayed(false);
  EXPECT_EQ(test.owner.size(), found(test, 0, n));
  EXPECT_EQ(test.log->regions().live_records(), test.owner.size());
  const std::uint64_t hurried = test.log->figures().cleaner.hurried_regions;
  fill(test, n, n + kHeld);
  EXPECT_EQ(test.log->figures().cleaner.hurried_regions, hurried);
}

TEST(TierCleaner, AFlushWhileItReads) {
  LogUnderTest test;
  fill_until_due(test);
  test.device.set_delayed(true);
  test.step();
  test.log->flush();
  test.owner.clear();
  EXPECT_FALSE(test.log->idle());
  test.device.complete_all();
  EXPECT_TRUE(test.log->idle());
  EXPECT_EQ(test.device.reads_held(), 0U);
  test.device.set_delayed(false);
  EXPECT_EQ(fill(test, 0, 2'000), 0U);
}

// Pages that cannot be read: their records are swept, all others are treated as always.
TEST(TierCleaner, UnreadablePagesAreSwept) {
  LogUnderTest test;
  const std::size_t n = fill_until_due(test);
  test.device.set_delayed(true);
  test.device.fail_reads(3);  // several pages, then two of them
  while (test.log->step() || test.device.pending() != 0) test.device.complete_all();
  EXPECT_EQ(test.log->figures().cleaner.bad_pages, 2U);
  EXPECT_EQ(test.log->figures().cleaner.sweeps, 1U);
  test.device.set_delayed(false);
  EXPECT_EQ(test.owner.size(), found(test, 0, n));
  EXPECT_EQ(test.log->regions().live_records(), test.owner.size());
  EXPECT_EQ(test.log->regions()[0].state, RegionState::kFree);
}

// A device without memory refuses: the cleaner tries again, and no record is lost for it.
TEST(TierCleaner, RefusedReadsAreTriedAgain) {
  LogUnderTest test;
  const std::size_t n = fill_until_due(test);
  for (std::size_t kept = 0; kept < 50; ++kept) keep(test, kept);
  test.device.fail_reads(20);
  for (int tick = 0; tick < 30; ++tick) test.step();
  EXPECT_EQ(test.log->figures().cleaner.bad_pages, 0U);
  EXPECT_EQ(found(test, 0, 50), 50U);
  EXPECT_EQ(test.owner.size(), found(test, 0, n));
  EXPECT_EQ(test.log->regions()[0].state, RegionState::kFree);
}

// The same for damage of any kind.
TEST(TierCleaner, DamagedPagesAreSwept) {
  LogUnderTest test;
  const std::size_t n = fill_until_due(test);
  auto& bytes = test.device.bytes();
  bytes[LogUnderTest::kPartOffset + 20] ^= std::byte{1};                       // epoch of page 0
  bytes[LogUnderTest::kPartOffset + kPageBytes + 30'000] ^= std::byte{1};      // a record in page 1
  std::memset(&bytes[LogUnderTest::kPartOffset + 2 * kPageBytes], 0xff, 700);  // begin of page 2
  test.step();
  EXPECT_EQ(test.log->figures().cleaner.bad_pages, 3U);
  EXPECT_EQ(test.log->figures().cleaner.sweeps, 1U);
  EXPECT_EQ(test.owner.size(), found(test, 0, n));
}

// Records that should be kept wait for a page.
TEST(TierCleaner, WaitsForMemory) {
  constexpr std::size_t kKept = 50;
  LogUnderTest test({.write_pages = 1});
  std::size_t n = 0;
  while (test.log->regions()[3].state == RegionState::kFree) {
    test.append(name(n), value(n));
    ++n;
  }
  while (test.log->regions()[3].pages < 5) {
    test.append(name(n), value(n));
    ++n;
  }
  for (std::size_t kept = 0; kept < kKept; ++kept) keep(test, kept);
  test.pages.set_most(test.pages.given());
  test.device.set_delayed(true);
  for (int tick = 0; tick < 100; ++tick) {
    test.log->step();
    test.device.complete_all();
  }
  EXPECT_EQ(found(test, 0, kKept), kKept);
  EXPECT_EQ(test.log->regions()[0].state, RegionState::kFull);
  test.pages.set_most(100);
  test.device.set_delayed(false);
  test.step();
  EXPECT_EQ(found(test, 0, kKept), kKept);
  EXPECT_EQ(test.log->regions()[0].state, RegionState::kFree);
}

}  // namespace
}  // namespace isocache::tier
