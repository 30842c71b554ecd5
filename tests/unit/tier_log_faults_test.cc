// Whatever the device does, an answer is the newest record or none.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tier_log_fixture.h"

namespace isocache::tier {
namespace {

using Fault = FaultyDevice::Fault;
using Status = AppendStatus;

constexpr std::size_t kValueBytes = 10'000;

std::string name(std::size_t n) { return "key" + std::to_string(n); }
std::string value(std::size_t n, unsigned version = 1) {
  return value_for(name(n), version, kValueBytes);
}

// Writes the ring full of records of one size under the same keys, round after round, so that any
// place holds older records of the same size. Faults hit the last round.
struct OldRounds : LogUnderTest {
  static constexpr std::size_t kKeys = 150;
  static constexpr unsigned kRounds = 9;

  OldRounds() : LogUnderTest({.regions = 4, .region_pages = 8}) {
    for (unsigned round = 1; round < kRounds; ++round) append_round(round);
  }
  void append_round(unsigned round) {
    for (std::size_t n = 0; n < kKeys; ++n) {
      append(name(n), value(n, round));
      step();
    }
  }
  // How many keys are there. Others are missing, and none has another value than the newest.
  std::size_t found() {
    std::size_t found = 0;
    for (std::size_t n = 0; n < kKeys; ++n) {
      const std::optional<std::string> answer = read(name(n));
      if (!answer) continue;
      EXPECT_EQ(*answer, value(n, kRounds));
      ++found;
    }
    return found;
  }
};

TEST(TierFaults, AllIsThereWithoutFaults) {
  OldRounds test;
  test.append_round(OldRounds::kRounds);
  test.log->write_open_page();
  EXPECT_GT(test.found(), 140U);
}

// The checksum depends on the page: the same bytes are no record in another one.
TEST(TierFaults, ARecordBelongsToItsPage) {
  LogUnderTest test;
  ASSERT_EQ(test.append("foo", value(1)).status, Status::kAppended);
  test.log->write_open_page();
  const PageRun run({test.device.bytes().data() + LogUnderTest::kPartOffset, kPageBytes}, 0);
  const RecordView record(run, sizeof(PageHeader));
  const std::uint64_t sequence = test.log->regions().sequence(0, 0);
  EXPECT_TRUE(verify_record(record, run, sequence));
  EXPECT_FALSE(verify_record(record, run, sequence + 1));
  EXPECT_FALSE(verify_record(record, run, 0));
}

TEST(TierFaults, SequencesNeverRepeat) {
  LogUnderTest test;
  const Regions& regions = test.log->regions();
  std::set<std::uint64_t> seen;
  std::uint64_t opened = 0;
  for (std::size_t n = 0; n < 3'000; ++n) {
    test.append(name(n), value(n));
    test.step();
    if (n == 1'000) {
      test.log->flush();
      test.owner.clear();
    }
    if (n == 2'000) test.device.fail_writes(Fault::kFail, 2);
    if (test.log->figures().opened_regions == opened) continue;
    opened = test.log->figures().opened_regions;
    for (Place page = 0; page < regions.region_bytes(); page += kPageBytes) {
      EXPECT_TRUE(seen.insert(regions.sequence(regions.open(), page)).second);
    }
  }
  EXPECT_GT(opened, 20U);
}

// Each of these leaves older records of the same keys where the newest should be.
TEST(TierFaults, LostTornAndMisdirectedWrites) {
  for (const Fault fault : {Fault::kLose, Fault::kTear, Fault::kMisdirect}) {
    for (const unsigned count : {1U, 5U, 1000U}) {
      OldRounds test;
      test.device.fail_writes(fault, count);
      test.append_round(OldRounds::kRounds);
      test.log->write_open_page();
      if (count == 1000 && fault == Fault::kLose) {
        EXPECT_EQ(test.found(), 0U);
      } else {
        EXPECT_LT(test.found(), 150U);
      }
    }
  }
}

TEST(TierFaults, AFailedWriteRetiresItsRegion) {
  for (const Fault fault : {Fault::kFail, Fault::kFailHalfway}) {
    LogUnderTest test;
    std::size_t n = 0;
    for (; test.device.writes() < 2; ++n) test.append(name(n), value(n));
    test.device.fail_writes(fault);
    Status status = Status::kAppended;
    for (; status == Status::kAppended; ++n) status = test.append(name(n), value(n)).status;
    EXPECT_EQ(status, Status::kNotClean);  // the record whose page began the write
    EXPECT_EQ(test.log->regions()[0].state, RegionState::kFailed);
    EXPECT_EQ(test.pages.given(), 0U);
    for (std::size_t k = 0; k < n; ++k) EXPECT_EQ(test.read(name(k)), std::nullopt);
    test.step();
    EXPECT_EQ(test.owner.size(), 0U);
    EXPECT_EQ(test.log->regions()[0].state, RegionState::kRetired);
    EXPECT_EQ(test.log->figures().failed_writes, 1U);

    // It goes on with the others, round after round.
    for (std::size_t k = 0; k < 1'000; ++k) {
      EXPECT_EQ(test.append(name(k), value(k)).status, Status::kAppended);
      test.step();
      EXPECT_EQ(test.read(name(k)), value(k));
    }
    EXPECT_EQ(test.log->regions()[0].state, RegionState::kRetired);
    test.log->retry();
    EXPECT_EQ(test.log->regions()[0].state, RegionState::kFree);
  }
}

// The region has been closed and others were begun when its write fails.
TEST(TierFaults, AWriteThatFailsLate) {
  LogUnderTest test({.region_pages = 4, .max_pages = 64});
  test.device.set_delayed(true);
  for (std::size_t n = 0; n < 60; ++n) {
    ASSERT_EQ(test.append(name(n), value(n)).status, Status::kAppended);
  }
  ASSERT_GT(test.device.pending(), 3U);
  test.device.fail_writes(Fault::kFail);
  test.device.complete(1);
  EXPECT_EQ(test.log->regions()[0].state, RegionState::kFailed);
  test.device.complete_all();
  test.device.set_delayed(false);
  test.step();
  EXPECT_EQ(test.log->regions()[0].state, RegionState::kRetired);
  EXPECT_EQ(test.read(name(0)), std::nullopt);
  for (std::size_t n = 30; n < 60; ++n) EXPECT_EQ(test.read(name(n)), value(n));
  EXPECT_EQ(test.owner.find(test.owner.hash_of(name(0))), nullptr);
}

TEST(TierFaults, IsOffAfterManyFailures) {
  LogUnderTest test({.regions = 8, .max_failures = 3});
  test.device.fail_writes(Fault::kFail, 1'000'000);
  for (std::size_t n = 0; n < 1'000; ++n) {
    test.append(name(n), value(n));
    test.step();
  }
  EXPECT_TRUE(test.log->off());
  EXPECT_EQ(test.log->figures().failed_writes, 3U);
  EXPECT_EQ(test.append("foo", "bar").status, Status::kOff);
  EXPECT_EQ(test.owner.size(), 0U);
  EXPECT_EQ(test.pages.given(), 0U);
  test.device.fail_writes(Fault::kNone, 1);
  test.log->retry();
  EXPECT_EQ(test.append("foo", "bar").status, Status::kAppended);
  EXPECT_EQ(test.read("foo"), "bar");
}

// With fewer than two regions there is nothing to clean ahead.
TEST(TierFaults, IsOffWithoutRegions) {
  LogUnderTest test({.regions = 2});
  test.device.fail_writes(Fault::kFail);
  for (std::size_t n = 0; n < 30; ++n) test.append(name(n), value(n));
  EXPECT_TRUE(test.log->off());
}

TEST(TierFaults, EveryFlippedBitOnTheDeviceIsAMiss) {
  LogUnderTest test;
  const std::string text = value_for("foo", 1, 100);
  const AppendResult result = test.append("foo", text);
  test.log->write_open_page();
  ASSERT_EQ(test.read("foo"), text);
  const std::size_t begin = LogUnderTest::kPartOffset + sizeof(PageHeader);
  ASSERT_EQ(result.location, 0U);
  for (std::size_t at = begin; at < begin + sizeof(RecordHeader) + 3 + 100; ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      test.device.bytes()[at] ^= std::byte{1} << bit;
      EXPECT_EQ(test.read("foo"), std::nullopt);
      test.device.bytes()[at] ^= std::byte{1} << bit;
    }
  }
  EXPECT_EQ(test.read("foo"), text);
}

TEST(TierFaults, AShortReadIsAMiss) {
  LogUnderTest test;
  test.append("foo", value(1));
  test.log->write_open_page();
  const MapOwner::Entry entry = *test.owner.find(test.owner.hash_of("foo"));
  const ReadPlan plan = test.log->plan(entry.location, entry.length);
  TestRead read;
  ASSERT_EQ(test.device.begin_read(plan.offset, plan.bytes, read), IoStatus::kDone);
  for (std::size_t size = 0; size < plan.bytes; size += 8) {
    EXPECT_EQ(test.log->find_in(plan, read.data().first(size), "foo").status, ReadStatus::kMissing);
  }
  EXPECT_EQ(test.log->find_in(plan, read.data(), "foo").status, ReadStatus::kFound);
  test.device.release(read);
}

// The region was cleaned and used again while a read was on its way.
TEST(TierFaults, AReadThatEndsTooLateIsAMiss) {
  LogUnderTest test;
  test.append("foo", value(1));
  test.log->write_open_page();
  const MapOwner::Entry entry = *test.owner.find(test.owner.hash_of("foo"));
  const ReadPlan plan = test.log->plan(entry.location, entry.length);
  TestRead read;
  ASSERT_EQ(test.device.begin_read(plan.offset, plan.bytes, read), IoStatus::kDone);
  for (std::size_t n = 0; n < 500; ++n) {
    test.append(name(n), value(n));
    test.step();
  }
  EXPECT_EQ(test.log->find_in(plan, read.data(), "foo").status, ReadStatus::kMissing);
  test.device.release(read);
}

}  // namespace
}  // namespace isocache::tier
