// Snapshots: items come back as they were written, and damage or a missing end is found before
// anything is restored.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "snapshot/format.h"
#include "snapshot/reader.h"
#include "snapshot/writer.h"
#include "support/test_memory.h"

namespace isocache::snapshot {
namespace {

constexpr UnixSeconds kNow = 1'000'000;
constexpr std::size_t kBufferBytes = 4096;

struct Shard {
  Shard() : store({.memory_limit = 8U << 20}, memory) {}
  ~Shard() { EXPECT_STREQ(store.broken_invariant(), nullptr); }

  void put(std::string_view name, std::string_view value, const ItemFields& fields = {}) {
    const Item old = find(name);
    ASSERT_EQ(store.put(store.key(name), old, fields, {&value, 1}, kNow), PutStatus::kStored);
  }
  Item find(std::string_view name) { return store.find(store.key(name), kNow).item; }
  std::string read(std::string_view name) {
    const Item item = find(name);
    if (!item) return "(none)";
    std::string value;
    store.for_each_piece(item, [&](const Piece& piece) { value += piece.bytes; });
    return value;
  }

  TestMemory memory;
  Store store;
};

std::string records_of(const Store& store, Writer::Skip skip = nullptr) {
  Writer writer(store, kNow, skip);
  std::string records;
  std::vector<char> buffer(kBufferBytes);
  for (;;) {
    const std::size_t small = writer.write_records(buffer);
    records.append(buffer.data(), small);
    if (small > 0) continue;
    std::string value;
    const std::size_t head = writer.write_large(buffer.data(), [&](const ItemView& item) {
      item.for_each_piece([&](const Piece& piece) { value += piece.bytes; });
    });
    if (head == 0) return records;
    records.append(buffer.data(), head).append(value);
  }
}

std::string with_header(const std::string& records, std::uint32_t version = kVersion) {
  std::string whole(kFileHeaderBytes, '\0');
  write_file_header(checksum_of_all(records), whole.data());
  whole[kMagic.size()] = static_cast<char>(version);
  return whole + records;
}

std::string snapshot_of(const Store& store) { return with_header(records_of(store)); }

// Restores as a host does: one buffer at a time, large values straight into item memory. Returns
// how many of the items the store then has.
std::size_t restore(Store& store, std::string_view whole, UnixSeconds now_s = kNow) {
  EXPECT_EQ(check(whole), Fault::kNone);
  const std::string_view records = whole.substr(kFileHeaderBytes);
  Reader reader(store, now_s);
  for (std::string_view rest = records; !rest.empty();) {
    const std::size_t used = reader.restore(rest.substr(0, kBufferBytes));
    rest.remove_prefix(used);
    if (used != 0) continue;
    const RecordHeader header = record_header_at(rest.data());
    const std::string_view head = rest.substr(0, head_bytes(header));
    std::string_view value = rest.substr(head.size(), header.value_length);
    Upload upload;
    if (reader.begin_large(head, &upload)) {
      for (std::span<char> to; !(to = store.upload_window(upload)).empty();) {
        value.copy(to.data(), to.size());
        value.remove_prefix(to.size());
        store.upload_received(upload, to.size());
      }
      reader.end_large(head, upload);
    }
    rest.remove_prefix(head.size() + header.value_length);
  }
  reader.count_held(records);
  return reader.held();
}

TEST(Snapshot, WhatGoesInComesBack) {
  Shard from;
  from.put("k", "value", {.client_flags = 7, .exptime = kNow + 60, .cas = 9, .bits = kStale});
  from.put("empty", "");
  from.put("large", std::string(300'000, 'L'), {.cas = 12});
  for (int i = 0; i < 1000; ++i) {
    from.put("key" + std::to_string(i), std::string(static_cast<std::size_t>(i % 700), 'v'));
  }
  for (int n = 0; n < 2; ++n) from.store.on_hit(from.find("k"), kNow);
  const std::string whole = snapshot_of(from.store);

  Shard to;
  EXPECT_EQ(restore(to.store, whole), 1003U);
  EXPECT_EQ(to.store.item_count(), 1003U);
  const Item item = to.find("k");
  ASSERT_TRUE(item);
  EXPECT_EQ(item.client_flags(), 7U);
  EXPECT_EQ(item.exptime(), kNow + 60);
  EXPECT_EQ(item.cas(), 9U);
  EXPECT_TRUE(item.has(kStale));
  EXPECT_TRUE(item.has(kFetched));
  EXPECT_EQ(to.store.view(item).standing().frequency, 2U);
  EXPECT_EQ(to.read("empty"), "");
  EXPECT_EQ(to.read("large"), std::string(300'000, 'L'));
  EXPECT_EQ(to.read("key650"), std::string(650, 'v'));
  // The same items in the same order: the same bytes.
  EXPECT_EQ(records_of(to.store).size(), whole.size() - kFileHeaderBytes);
}

TEST(Snapshot, AnEmptyStoreIsAHeader) {
  Shard from;
  const std::string whole = snapshot_of(from.store);
  EXPECT_EQ(whole.size(), kFileHeaderBytes);
  EXPECT_EQ(restore(from.store, whole), 0U);
}

TEST(Snapshot, SkippedItemsAreLeftOut) {
  Shard from;
  from.put("kept", "v");
  from.put("skipped", "v", {.bits = kWinSent});
  const auto skip = [](const ItemView& item) { return item.has(kWinSent); };
  Shard to;
  EXPECT_EQ(restore(to.store, with_header(records_of(from.store, skip))), 1U);
  EXPECT_TRUE(to.find("kept"));
}

TEST(Snapshot, WhatHasExpiredStaysOut) {
  Shard from;
  from.put("short", "v", {.exptime = kNow + 10});
  from.put("long", "v", {.exptime = kNow + 20});
  const std::string whole = snapshot_of(from.store);
  Shard to;
  EXPECT_EQ(restore(to.store, whole, kNow + 10), 1U);
  EXPECT_FALSE(to.find("short"));
  EXPECT_TRUE(to.find("long"));
}

TEST(Snapshot, ARecordThatFindsNoRoomTakesTheOldItemAlong) {
  Shard from;
  from.put("k", std::string(3000, 'n'));
  from.put("large", std::string(30'000, 'n'));
  const std::string whole = snapshot_of(from.store);
  Shard to;
  to.put("k", "old");
  to.put("large", "old");
  to.store.set_max_item_size(2000);
  EXPECT_EQ(restore(to.store, whole), 0U);
  EXPECT_EQ(to.store.item_count(), 0U);
}

TEST(Snapshot, TellsTheHighestCasIdThatAStoreGaveOut) {
  Shard from;
  from.put("a", "v", {.cas = 40});
  from.put("b", "v", {.cas = 41});
  from.put("c", "v", {.cas = ~std::uint64_t{0}});  // a client's own
  const std::string records = records_of(from.store);
  Shard to;
  Reader reader(to.store, kNow);
  EXPECT_EQ(reader.restore(records), records.size());
  EXPECT_EQ(reader.highest_cas(), 41U);
  EXPECT_EQ(to.find("c").cas(), ~std::uint64_t{0});
}

// The writer of a record does not decide whether a reply may show the key as it is.
TEST(Snapshot, ABinaryKeyIsKnownByItsBytes) {
  Shard from;
  from.put("line\r\nend", "v");
  Shard to;
  restore(to.store, snapshot_of(from.store));
  EXPECT_TRUE(to.find("line\r\nend").has(kBinaryKey));
}

TEST(Snapshot, VersionOneHasNoStanding) {
  Shard from;
  from.put("k", "v", {.bits = kStale});
  const std::string records = records_of(from.store);
  EXPECT_EQ(check(with_header(records, 1)), Fault::kNone);
  from.store.on_hit(from.find("k"), kNow);
  EXPECT_EQ(check(with_header(records_of(from.store), 1)), Fault::kSenseless);
}

// --- bytes that are no snapshot -----------------------------------------------------------------

TEST(SnapshotCheck, EveryCutIsFound) {
  Shard from;
  from.put("k", "value");
  from.put("other", std::string(100, 'v'));
  const std::string whole = snapshot_of(from.store);
  ASSERT_EQ(check(whole), Fault::kNone);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const Fault fault = check(std::string_view(whole).substr(0, length));
    EXPECT_EQ(fault, length < kFileHeaderBytes ? Fault::kNoSnapshot : Fault::kDamaged) << length;
  }
  // Cut off before its checksum was taken.
  const std::string records = whole.substr(kFileHeaderBytes);
  for (std::size_t length = 1; length < records.size(); ++length) {
    const Fault fault = check(with_header(records.substr(0, length)));
    const bool at_an_end = fault == Fault::kNone;  // between the two records
    EXPECT_TRUE(at_an_end || fault == Fault::kCutOff) << length;
  }
}

TEST(SnapshotCheck, EveryChangedBitIsFound) {
  Shard from;
  from.put("k", "value");
  const std::string whole = snapshot_of(from.store);
  for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string damaged = whole;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    const Fault fault = check(damaged);
    const std::size_t at = bit / 8;
    if (at < kMagic.size()) {
      EXPECT_EQ(fault, Fault::kNoSnapshot) << bit;
    } else if (at < kMagic.size() + sizeof kVersion) {
      EXPECT_EQ(fault, Fault::kUnknownVersion) << bit;
    } else {
      EXPECT_EQ(fault, Fault::kDamaged) << bit;
    }
  }
}

TEST(SnapshotCheck, ARecordThatNoWriterWritesIsFound) {
  Shard from;
  from.put("k", "value");
  const std::string good = records_of(from.store);
  const auto with = [&](std::size_t at, std::uint8_t byte) {
    std::string records = good;
    records[at] = static_cast<char>(byte);
    return check(with_header(records));
  };
  EXPECT_EQ(with(offsetof(RecordHeader, bits), 0x80), Fault::kSenseless);
  EXPECT_EQ(with(offsetof(RecordHeader, key_length), 251), Fault::kCutOff);
  EXPECT_EQ(with(offsetof(RecordHeader, value_length) + 3, 0xff), Fault::kCutOff);
  std::string no_key = good;
  no_key.erase(kRecordHeaderBytes, 1);
  no_key[offsetof(RecordHeader, key_length)] = 0;
  EXPECT_EQ(check(with_header(no_key)), Fault::kSenseless);
}

TEST(SnapshotCheck, TheChecksumGoesFromPieceToPiece) {
  const std::string records(3 * kChecksumPieceBytes + 100, 'r');
  std::uint32_t sum = 0;
  for (std::size_t at = 0; at < records.size(); at += kChecksumPieceBytes) {
    sum = checksum(std::string_view(records).substr(at, kChecksumPieceBytes), sum);
  }
  EXPECT_EQ(checksum_of_all(records), sum);
}

}  // namespace
}  // namespace isocache::snapshot
