// The log on a device without faults: what is appended can be read, from memory and from the
// device, until its region is used again.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "tier_log_fixture.h"

namespace isocache::tier {
namespace {

using Status = AppendStatus;

std::string name(std::size_t n) { return "key" + std::to_string(n); }

TEST(TierLog, FindsARecordInMemoryAndOnTheDevice) {
  LogUnderTest test;
  const AppendResult result = test.append("foo", "bar");
  ASSERT_EQ(result.status, Status::kAppended);
  EXPECT_EQ(result.length, 1);
  const ReadResult found = test.log->find_in_memory(result.location, result.length, "foo");
  ASSERT_EQ(found.status, ReadStatus::kFound);
  EXPECT_EQ(found.record.header().bits, 5);
  EXPECT_EQ(found.record.header().client_flags, 7U);
  EXPECT_EQ(found.record.header().cas, 9U);
  EXPECT_EQ(found.record.header().exptime, 11U);
  EXPECT_EQ(found.record.header().last_access, 13U);
  EXPECT_EQ(value_of(found.record), "bar");
  EXPECT_EQ(test.log->find_in_memory(result.location, result.length, "fop").status,
            ReadStatus::kMissing);

  test.log->write_open_page();
  EXPECT_EQ(test.log->find_in_memory(result.location, result.length, "foo").status,
            ReadStatus::kOnDevice);
  EXPECT_EQ(test.pages.given(), 0U);
  EXPECT_EQ(test.read("foo"), "bar");
}

// Every size of value from nothing to several pages, so that records end and cross pages at every
// place.
TEST(TierLog, KeepsEverySize) {
  std::vector<std::size_t> sizes;
  for (std::size_t size = 0; size < 700; ++size) sizes.push_back(size);
  for (std::size_t pages = 1; pages <= 3; ++pages) {
    const std::size_t room = pages * kPageRoomBytes;
    for (std::size_t size = room - 60; size < room + 20; ++size) sizes.push_back(size);
  }
  for (const std::size_t alignment : {std::size_t{512}, std::size_t{4096}}) {
    LogUnderTest test({.regions = 16, .region_pages = 64, .alignment = alignment});
    const auto read_all = [&] {
      for (const std::size_t size : sizes) {
        ASSERT_EQ(test.read(name(size)), value_for(name(size), 1, size));
      }
    };
    for (const std::size_t size : sizes) {
      const std::string value = value_for(name(size), 1, size);
      ASSERT_EQ(test.append(name(size), value).status, Status::kAppended);
      ASSERT_EQ(test.read(name(size)), value);
    }
    read_all();
    test.log->write_open_page();
    EXPECT_EQ(test.pages.given(), 0U);
    read_all();
  }
}

TEST(TierLog, ARecordMayEndExactlyAtAPagesEnd) {
  LogUnderTest test;
  const std::size_t head = sizeof(RecordHeader) + 3;
  ASSERT_EQ(test.append("one", value_for("one", 1, kPageRoomBytes - head)).status,
            Status::kAppended);
  const AppendResult two = test.append("two", value_for("two", 1, 2 * kPageRoomBytes - head));
  EXPECT_EQ(two.location % kBlocksPerPage, 0U);
  EXPECT_EQ(test.append("six", "6").location, 3 * kBlocksPerPage);
  test.log->write_open_page();
  EXPECT_EQ(test.read("one"), value_for("one", 1, kPageRoomBytes - head));
  EXPECT_EQ(test.read("two"), value_for("two", 1, 2 * kPageRoomBytes - head));
  EXPECT_EQ(test.read("six"), "6");
}

TEST(TierLog, TakesAValueInPieces) {
  LogUnderTest test;
  const std::string value = value_for("foo", 1, 100'000);
  std::vector<std::string_view> pieces;
  for (std::size_t at = 0; at < value.size(); at += 9'999) {
    pieces.push_back(std::string_view(value).substr(at, 9'999));
    pieces.push_back({});
  }
  const std::uint64_t hash = test.owner.hash_of("foo");
  const AppendResult result = test.log->append(hash, {.key = "foo", .value = pieces});
  test.owner.insert(hash, result);
  EXPECT_EQ(test.read("foo"), value);
  EXPECT_EQ(result.length, kLongRecord);
}

// Otherwise an index entry for one of two versions could find the other.
TEST(TierLog, VersionsOfAKeyNeverBeginInOneBlock) {
  LogUnderTest test;
  std::set<Location> locations;
  for (unsigned version = 0; version < 300; ++version) {
    const AppendResult result = test.append("foo", std::to_string(version));
    ASSERT_EQ(result.status, Status::kAppended);
    EXPECT_TRUE(locations.insert(result.location).second);
    ASSERT_EQ(test.append("k" + std::to_string(version), "").status, Status::kAppended);
    EXPECT_EQ(test.read("foo"), std::to_string(version));
  }
  test.log->write_open_page();
  EXPECT_EQ(test.read("foo"), "299");
}

// A key was deleted. Another one with its fingerprint is appended. Its entry must not find the
// deleted one.
TEST(TierLog, AnEntryNeverFindsADeletedKeyOfItsBlock) {
  LogUnderTest test({.fingerprint_bits = 1});
  ASSERT_EQ(test.append("first", "old").status, Status::kAppended);
  test.erase("first");
  for (std::size_t n = 0; n < 20; ++n) {
    ASSERT_EQ(test.append(name(n), "x").status, Status::kAppended);
    EXPECT_EQ(test.read("first"), std::nullopt);
  }
}

TEST(TierLog, WritesSeveralPagesAtATime) {
  LogUnderTest test({.write_pages = 4});
  const std::string value(20'000, 'v');
  for (std::size_t n = 0; n < 12; ++n)
    ASSERT_EQ(test.append(name(n), value).status, Status::kAppended);
  EXPECT_EQ(test.device.writes(), 0U);
  test.append(name(12), value);
  test.append(name(13), value);
  EXPECT_EQ(test.device.writes(), 1U);
  EXPECT_LE(test.pages.given(), 2U);  // the open one, and one whose last record it holds
  test.log->write_open_page();
  EXPECT_EQ(test.device.writes(), 2U);
  EXPECT_EQ(test.pages.given(), 0U);
  for (std::size_t n = 0; n < 14; ++n) EXPECT_EQ(test.read(name(n)), value);
}

TEST(TierLog, ReadsFromMemoryUntilTheWriteHasEnded) {
  LogUnderTest test({.write_pages = 2, .max_pages = 16});
  test.device.set_delayed(true);
  for (std::size_t n = 0; n < 30; ++n) {
    ASSERT_EQ(test.append(name(n), value_for(name(n), 1, 20'000)).status, Status::kAppended);
  }
  EXPECT_GE(test.device.pending(), 4U);
  while (test.device.pending() > 0) {
    test.device.complete(test.device.pending() - 1);  // the last one first
    test.device.set_delayed(false);
    for (std::size_t n = 0; n < 30; ++n)
      ASSERT_EQ(test.read(name(n)), value_for(name(n), 1, 20'000)) << n;
    test.device.set_delayed(true);
  }
  EXPECT_LE(test.pages.given(), 3U);
}

TEST(TierLog, RefusesWhenNoPageIsThere) {
  LogUnderTest test({.write_pages = 4});
  test.pages.set_most(0);
  EXPECT_EQ(test.append("foo", "1").status, Status::kNoPage);
  test.pages.set_most(1);
  EXPECT_EQ(test.append("foo", "1").status, Status::kAppended);
  EXPECT_EQ(test.append("long", std::string(100'000, 'v')).status, Status::kNoPage);
  EXPECT_EQ(test.append("bar", "2").status, Status::kAppended);
  EXPECT_EQ(test.read("foo"), "1");
  EXPECT_EQ(test.read("bar"), "2");
  EXPECT_EQ(test.pages.given(), 1U);
  // With three pages, it goes on: what is full is written before four pages are there.
  test.pages.set_most(3);
  for (std::size_t n = 0; n < 50; ++n) {
    test.step();
    ASSERT_EQ(test.append(name(n), std::string(10'000, 'v')).status, Status::kAppended);
  }
}

// It would hold all its pages until something else is appended, and there are not enough for two.
TEST(TierLog, ALongRecordIsWrittenAtOnce) {
  LogUnderTest test({.region_pages = 32, .max_pages = 32});
  test.pages.set_most(20);
  for (std::size_t n = 0; n < 6; ++n) {
    test.device.set_delayed(n % 2 != 0);
    const std::string value = value_for(name(n), 1, 13 * kPageRoomBytes);
    ASSERT_EQ(test.append(name(n), value).status, Status::kAppended) << n;
    EXPECT_EQ(test.read(name(n)), value);
    test.device.complete_all();
    EXPECT_EQ(test.pages.given(), 0U);
    EXPECT_EQ(test.read(name(n)), value);
  }
}

// Writes that never end take no more than max_pages.
TEST(TierLog, RefusesWhenTooManyPagesWait) {
  LogUnderTest test({.region_pages = 32, .write_pages = 2, .max_pages = 8});
  test.device.set_delayed(true);
  std::size_t appended = 0;
  for (std::size_t n = 0; n < 100; ++n) {
    if (test.append(name(n), std::string(10'000, 'v')).status == Status::kAppended) ++appended;
  }
  EXPECT_EQ(test.pages.given(), 8U);
  EXPECT_EQ(appended, 8 * kPageRoomBytes / 10'040);
  for (std::size_t n = 0; n < appended; ++n)
    EXPECT_EQ(test.read(name(n)), std::string(10'000, 'v'));
  test.device.complete_all();
  EXPECT_EQ(test.append("more", "1").status, Status::kAppended);
}

TEST(TierLog, TakesRecordsUpToItsLimit) {
  LogUnderTest test({.region_pages = 8, .max_pages = 16});
  const std::size_t most = test.log->max_record_bytes() - sizeof(RecordHeader) - 3;
  EXPECT_EQ(test.append("foo", std::string(most + 1, 'v')).status, Status::kTooLarge);
  EXPECT_EQ(test.read("foo"), std::nullopt);
  ASSERT_EQ(test.append("foo", value_for("foo", 1, most)).status, Status::kAppended);
  EXPECT_EQ(test.read("foo"), value_for("foo", 1, most));
  ASSERT_EQ(test.append("bar", value_for("bar", 1, most)).status, Status::kAppended);
  test.log->write_open_page();
  EXPECT_EQ(test.read("foo"), value_for("foo", 1, most));
  EXPECT_EQ(test.read("bar"), value_for("bar", 1, most));
}

TEST(TierLog, ALocationBehindThePartIsNothing) {
  LogUnderTest test;
  EXPECT_FALSE(test.log->plan(1'000'000, 1));
  EXPECT_EQ(test.log->find_in_memory(1'000'000, 1, "foo").status, ReadStatus::kMissing);
  test.log->forget(1'000'000);
  // In a region that is not open, and in a page that was not begun.
  EXPECT_FALSE(test.log->plan(1, 1));
  test.append("foo", "bar");
  EXPECT_EQ(test.log->find_in_memory(2 * kBlocksPerPage, 1, "foo").status, ReadStatus::kMissing);
}

// In memory as on the device, shorter and longer ones.
TEST(TierLog, ARecordOfAnotherLengthThanTheIndexSaysIsAMiss) {
  LogUnderTest test;
  struct Case {
    std::size_t bytes;
    LengthCode length;
  };
  for (const Case& one : {Case{700, 2}, Case{70'000, kLongRecord}}) {
    const std::string key = name(one.bytes);
    const std::string text = value_for(key, 1, one.bytes);
    test.append("first", std::string(10, 'f'));
    const AppendResult result = test.append(key, text);
    ASSERT_EQ(result.length, one.length);
    const LengthCode others[] = {1, 2, 3, kLongRecord - 1, kLongRecord};
    for (const LengthCode length : others) {
      const auto expected = length == one.length ? ReadStatus::kFound : ReadStatus::kMissing;
      EXPECT_EQ(test.log->find_in_memory(result.location, length, key).status, expected);
    }
    test.log->write_open_page();
    ASSERT_EQ(test.log->find_in_memory(result.location, one.length, key).status,
              ReadStatus::kOnDevice);
    for (const LengthCode length : others) {
      const auto found = test.read_from_device(result.location, length, key);
      EXPECT_EQ(found.has_value(), length == one.length) << int{length};
    }
    EXPECT_EQ(test.read(key), text);
  }
}

TEST(TierLog, NothingIsFoundAfterAFlush) {
  LogUnderTest test;
  for (std::size_t n = 0; n < 50; ++n) test.append(name(n), value_for(name(n), 1, 3'000));
  const MapOwner::Entry old = *test.owner.find(test.owner.hash_of(name(1)));
  ReadPlan plan = test.log->plan(old.location, old.length);
  ASSERT_TRUE(plan);
  TestRead read;
  ASSERT_EQ(test.device.begin_read(plan.offset, plan.bytes, read), IoStatus::kDone);
  ASSERT_EQ(test.log->find_in(plan, read.data(), name(1)).status, ReadStatus::kFound);

  test.log->flush();
  EXPECT_EQ(test.log->find_in(plan, read.data(), name(1)).status, ReadStatus::kMissing);
  EXPECT_EQ(test.pages.given(), 0U);
  EXPECT_FALSE(test.log->plan(old.location, old.length));
  for (std::size_t n = 0; n < 50; ++n) EXPECT_EQ(test.read(name(n)), std::nullopt);
  test.owner.clear();
  for (std::size_t n = 0; n < 50; ++n) test.append(name(n), value_for(name(n), 2, 3'000));
  EXPECT_EQ(test.log->find_in(plan, read.data(), name(1)).status, ReadStatus::kMissing);
  test.device.release(read);
  for (std::size_t n = 0; n < 50; ++n) EXPECT_EQ(test.read(name(n)), value_for(name(n), 2, 3'000));
}

TEST(TierLog, AFlushDuringWritesKeepsTheirPages) {
  LogUnderTest test({.regions = 3, .write_pages = 2});
  test.device.set_delayed(true);
  for (std::size_t n = 0; n < 20; ++n) test.append(name(n), std::string(20'000, 'v'));
  ASSERT_GT(test.device.pending(), 0U);
  const std::size_t writing = 2 * test.device.pending();
  test.log->flush();
  test.owner.clear();
  EXPECT_EQ(test.pages.given(), writing);
  test.append("foo", "bar");
  EXPECT_EQ(test.read("foo"), "bar");
  test.device.complete_all();
  EXPECT_EQ(test.pages.given(), 1U);
  EXPECT_EQ(test.read("foo"), "bar");
}

}  // namespace
}  // namespace isocache::tier
