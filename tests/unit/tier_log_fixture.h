// A log with an owner that keeps its index in a map, and memory that becomes garbage when it is
// given back.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "support/faulty_device.h"
#include "tier/page_log.h"

namespace isocache::tier {

class TestPages final : public PageSource {
 public:
  ~TestPages() override { EXPECT_TRUE(pages_.empty()); }

  std::byte* acquire_page() override {
    if (pages_.size() >= most_) return nullptr;
    auto* page = static_cast<std::byte*>(std::aligned_alloc(kAlignment, kPageBytes));
    std::memset(page, kGarbage, kPageBytes);
    pages_.insert(page);
    return page;
  }
  void release_page(std::byte* page) override {
    ASSERT_EQ(pages_.erase(page), 1U);
    std::free(page);
  }
  void set_most(std::size_t pages) { most_ = pages; }
  std::size_t given() const { return pages_.size(); }

 private:
  static constexpr std::size_t kAlignment = 4096;
  static constexpr int kGarbage = 0xa5;
  std::set<std::byte*> pages_;
  std::size_t most_ = ~std::size_t{0};
};

// One entry for each fingerprint, as in TierIndex.
class MapOwner final : public LogOwner {
 public:
  struct Entry {
    Location location = 0;
    LengthCode length = 0;
    bool keep = false;
  };

  explicit MapOwner(unsigned fingerprint_bits) : fingerprint_bits_(fingerprint_bits) {}
  void set_log(PageLog& log) { log_ = &log; }

  std::uint64_t hash_of(std::string_view key) override { return hash_bytes(key, key_); }
  // A region is cleaned from its begin to its end, and regions in the order of their writing.
  Fate fate(std::string_view key, std::uint64_t hash, Location location,
            std::uint64_t position) override {
    EXPECT_EQ(hash, hash_of(key));
    EXPECT_LT(position, log_->end_position());
    EXPECT_GE(position, log_->begin_position());
    const Entry* entry = find(hash);
    if (entry == nullptr || entry->location != location) return Fate::kDead;
    return entry->keep ? Fate::kKeep : Fate::kDrop;
  }
  void moved(std::uint64_t hash, Location from, Location to, LengthCode length) override {
    ASSERT_NE(find(hash), nullptr);
    ASSERT_EQ(find(hash)->location, from);
    entries_[fingerprint(hash)] = {to, length, false};
  }
  void dropped(std::uint64_t hash, Location location) override {
    ASSERT_NE(find(hash), nullptr);
    ASSERT_EQ(find(hash)->location, location);
    entries_.erase(fingerprint(hash));
  }
  bool sweep(Location first, Location end) override {
    constexpr int kStep = 5;
    for (int n = 0; n < kStep; ++n) {
      const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const auto& entry) {
        return entry.second.location >= first && entry.second.location < end;
      });
      if (found == entries_.end()) return true;
      entries_.erase(found);
    }
    return false;
  }

  Entry* find(std::uint64_t hash) {
    const auto found = entries_.find(fingerprint(hash));
    return found == entries_.end() ? nullptr : &found->second;
  }
  void insert(std::uint64_t hash, const AppendResult& result) {
    erase(hash);
    entries_[fingerprint(hash)] = {result.location, result.length, false};
  }
  void erase(std::uint64_t hash) {
    const Entry* entry = find(hash);
    if (entry == nullptr) return;
    log_->forget(entry->location);
    entries_.erase(fingerprint(hash));
  }
  void clear() { entries_.clear(); }
  std::size_t size() const { return entries_.size(); }

 private:
  std::uint64_t fingerprint(std::uint64_t hash) const { return hash >> (64 - fingerprint_bits_); }

  unsigned fingerprint_bits_;
  HashKey key_ = hash_key_of(1);
  PageLog* log_ = nullptr;
  std::map<std::uint64_t, Entry> entries_;
};

struct LogSetup {
  std::size_t regions = 4;
  std::size_t region_pages = 8;
  std::size_t write_pages = 2;
  std::size_t max_pages = 16;
  unsigned fingerprint_bits = 24;
  std::size_t alignment = Device::kBlockBytes;
  unsigned max_failures = 8;
};

struct TestRead final : DeviceRead {
  void on_done(bool succeeded) noexcept override {
    status = succeeded ? IoStatus::kDone : IoStatus::kFailed;
  }
  IoStatus status = IoStatus::kPending;
};

inline std::string value_of(const RecordView& record) {
  std::string value;
  record.for_each_value_piece([&](std::string_view piece) { value += piece; });
  return value;
}

struct LogUnderTest {
  explicit LogUnderTest(const LogSetup& setup = {})
      : device(kPartOffset + setup.regions * setup.region_pages * kPageBytes, setup.alignment),
        owner(setup.fingerprint_bits) {
    const std::size_t region_bytes = setup.region_pages * kPageBytes;
    log = std::make_unique<PageLog>(
        device, pages, owner,
        PageLogOptions{.part = {kPartOffset, setup.regions * region_bytes},
                       .region_bytes = region_bytes,
                       .write_pages = setup.write_pages,
                       .max_pages = setup.max_pages,
                       .fingerprint_bits = setup.fingerprint_bits,
                       .max_failures = setup.max_failures,
                       .shard = 3,
                       .epoch = 99,
                       .first_sequence = 0xfedcba9876543210});
    owner.set_log(*log);
  }
  ~LogUnderTest() {
    device.complete_all();
    EXPECT_TRUE(log->idle());
  }

  AppendResult append(std::string_view key, std::string_view value) {
    const std::uint64_t hash = owner.hash_of(key);
    const AppendResult result = log->append(hash, {.bits = 5,
                                                   .client_flags = 7,
                                                   .cas = 9,
                                                   .exptime = 11,
                                                   .last_access = 13,
                                                   .key = key,
                                                   .value = {&value, 1}});
    if (result.status == AppendStatus::kAppended) {
      owner.insert(hash, result);
    } else {
      owner.erase(hash);
    }
    return result;
  }
  void erase(std::string_view key) { owner.erase(owner.hash_of(key)); }
  // What the tier does for each record that the store evicts.
  AppendStatus append_and_keep_pace(std::string_view key, std::string_view value) {
    const AppendStatus status = append(key, value).status;
    log->keep_pace(key.size() + value.size());
    return status;
  }
  // Cleans as much as can be done now.
  void step() {
    while (log->step()) {
    }
  }

  // What a reader finds who is not told where to look first.
  std::optional<std::string> read(std::string_view key) {
    const MapOwner::Entry* entry = owner.find(owner.hash_of(key));
    if (entry == nullptr) return std::nullopt;
    const ReadResult found = log->find_in_memory(entry->location, entry->length, key);
    if (found.status == ReadStatus::kFound) return value_of(found.record);
    if (found.status == ReadStatus::kMissing) return std::nullopt;
    return read_from_device(entry->location, entry->length, key);
  }
  std::optional<std::string> read_from_device(Location location, LengthCode length,
                                              std::string_view key) {
    ReadPlan plan = log->plan(location, length);
    for (int reads = 0; plan && reads < 2; ++reads) {
      TestRead read;
      const IoStatus status = device.begin_read(plan.offset, plan.bytes, read);
      if (status == IoStatus::kPending) device.complete(device.pending() - 1);
      if (status == IoStatus::kFailed || status == IoStatus::kReadFailed ||
          read.status == IoStatus::kFailed)
        return std::nullopt;
      const ReadResult found = log->find_in(plan, read.data(), key);
      std::optional<std::string> value;
      if (found.status == ReadStatus::kFound) value = value_of(found.record);
      device.release(read);
      if (found.status != ReadStatus::kReadMore) return value;
      plan = found.more;
    }
    return std::nullopt;
  }

  static constexpr std::uint64_t kPartOffset = 2 * kPageBytes;

  FaultyDevice device;
  TestPages pages;
  MapOwner owner;
  std::unique_ptr<PageLog> log;
};

// A value that tells key, version and place of each byte.
inline std::string value_for(std::string_view key, unsigned version, std::size_t size) {
  const std::string unit = std::string(key) + "#" + std::to_string(version) + "|";
  std::string value;
  while (value.size() < size) value += unit + std::to_string(value.size());
  value.resize(size);
  return value;
}

}  // namespace isocache::tier
