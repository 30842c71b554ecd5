// Memory that runs out, at every place in turn, while items move between memory and a tier.
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "command/single_backend.h"
#include "command/tiering/tiering.h"
#include "failing_memory.h"
#include "session/session.h"
#include "support/session_output.h"
#include "support/test_memory.h"
#include "support/test_pages.h"
#include "tests/native/tier_fixture.h"
#include "tier/tier_index.h"

namespace isocache {
namespace {

// It needs no memory of this program's, and ends reads late.
class SteadyDevice final : public Device {
 public:
  explicit SteadyDevice(std::size_t bytes) : bytes_(bytes) { pending_.reserve(kMostReads); }
  ~SteadyDevice() override { EXPECT_EQ(held_, 0U); }
  std::uint64_t size_bytes() const override { return bytes_.size(); }
  std::size_t alignment() const override { return kBlockBytes; }
  IoStatus begin_read(std::uint64_t offset, std::size_t bytes, DeviceRead& read) override {
    if (pending_.size() == kMostReads) return IoStatus::kFailed;
    pending_.push_back({&read, offset, bytes});
    return IoStatus::kPending;
  }
  void release(DeviceRead& read) override {
    std::free(data_of(read).data());
    data_of(read) = {};
    --held_;
  }
  IoStatus begin_write(std::uint64_t offset, std::span<const std::span<const std::byte>> parts,
                       DeviceIo& /*io*/) override {
    for (const std::span<const std::byte> part : parts) {
      std::memcpy(bytes_.data() + offset, part.data(), part.size());
      offset += part.size();
    }
    return IoStatus::kDone;
  }

  void complete_all() {
    while (!pending_.empty()) {
      const Read ended = pending_.back();
      pending_.pop_back();
      auto* const copy = static_cast<std::byte*>(std::malloc(ended.bytes));
      std::memcpy(copy, bytes_.data() + ended.offset, ended.bytes);
      data_of(*ended.read) = {copy, ended.bytes};
      ++held_;
      ended.read->on_done(true);
    }
  }
  std::size_t held() const { return held_; }

 private:
  static constexpr std::size_t kMostReads = 256;
  struct Read {
    DeviceRead* read;
    std::uint64_t offset;
    std::size_t bytes;
  };
  std::vector<std::byte> bytes_;
  std::vector<Read> pending_;
  std::size_t held_ = 0;
};

class SteadyMemory final : public MemorySource {
 public:
  std::byte* allocate(std::size_t bytes) override {
    const EnoughMemory enough;
    return memory_.allocate(bytes);
  }
  void discard(std::byte* memory, std::size_t bytes) override { memory_.discard(memory, bytes); }

 private:
  TestMemory memory_{0, 4096};
};

std::string set(const std::string& key, const std::string& value) {
  return "set " + key + " 0 0 " + std::to_string(value.size()) + "\r\n" + value + "\r\n";
}

class FailingTier : public testing::Test, public Waker {
 protected:
  FailingTier() {
    clock_.now_s = kStart;
    woken_.reserve(1024);
    connect();
  }
  ~FailingTier() override {
    const EnoughMemory enough;
    take_output(*session_, backend_);
    session_.reset();
    device_.complete_all();
    EXPECT_STREQ(store_.broken_invariant(), nullptr);
    EXPECT_TRUE(tiering_.idle());
  }
  void wake(LateToken token) override { woken_.push_back(token); }

  void connect() {
    if (session_) take_output(*session_, backend_);
    session_ = std::make_unique<Session>(backend_, clock_, SessionOptions(), this);
  }
  std::string ask(const std::string& bytes) {
    session_->feed(bytes);
    std::string reply = take_output(*session_, backend_);
    while (session_->wants_turn() || session_->owes_reply()) {
      device_.complete_all();
      if (woken_.empty()) {
        session_->resume();
      } else {
        const LateToken token = woken_.back();
        woken_.pop_back();
        session_->resume(token);
      }
      reply += take_output(*session_, backend_);
    }
    backend_.engine().tick(clock_.now_s);
    return reply;
  }
  // On a new connection, whose buffers have no memory yet. True if memory was enough.
  bool feed_with(long allocations, const std::string& bytes) {
    connect();
    const std::size_t first = bytes.size() > limits::kUploadBytes ? bytes.size() / 2 : 0;
    if (first != 0) session_->feed(bytes.substr(0, first));
    EXPECT_EQ(store_.memory_use().upload_bytes != 0, first != 0);
    allocations_left = allocations;
    bool enough = true;
    try {
      session_->feed(std::string_view(bytes).substr(first));
    } catch (const std::bad_alloc&) {
      enough = false;
    }
    allocations_left = -1;
    connect();
    return enough;
  }
  static Key key(std::string_view bytes) { return {bytes, Store::hash(bytes, HashKey())}; }
  // So many items of this size, all different.
  void fill(int count, std::size_t bytes) {
    for (int n = 0; n < count; ++n)
      ask(set("f" + std::to_string(filled_++), std::string(bytes, 'f')));
  }

  static constexpr UnixSeconds kStart = 1'800'000'000;
  static constexpr std::size_t kDeviceBytes = 32U << 20;

  static TieringOptions tiering_options() {
    TieringOptions options;
    options.part = {0, kDeviceBytes};
    options.region_bytes = 1U << 20;
    return options;
  }
  static StoreOptions store_options(Tiering& tiering) {
    StoreOptions options;
    options.memory_limit = 3U << 20;
    options.observer = &tiering;
    return options;
  }
  static Settings settings() {
    Settings settings;
    settings.ext_item_size = 0;
    return settings;
  }

  Clock clock_;
  SteadyDevice device_{kDeviceBytes};
  Tiering tiering_{device_, tiering_options()};
  SteadyMemory memory_;
  Store store_{store_options(tiering_), memory_};
  SingleBackend backend_{store_, settings(), {}, kStart, true, &tiering_};
  std::unique_ptr<Session> session_;
  std::vector<LateToken> woken_;
  int filled_ = 0;
};

TEST_F(FailingTier, AnItemThatLeavesMemoryIsLostAndNothingElse) {
  constexpr std::size_t kBytes = 3000;  // where a segment ends, they are in pieces
  fill(2000, kBytes);
  const std::uint64_t before = tiering_.figures().not_appended;
  for (long allocations = 0; allocations < 10; ++allocations) {
    for (int n = 0; n < 200; ++n) {
      feed_with(allocations, set("k" + std::to_string(n), std::string(kBytes, 'v')));
    }
    ASSERT_STREQ(store_.broken_invariant(), nullptr) << allocations;
  }
  EXPECT_GT(tiering_.figures().not_appended, before);
  EXPECT_EQ(tiering_.figures().failed_writes, 0U);
  EXPECT_EQ(ask("get f1999\r\n"),
            "VALUE f1999 0 3000\r\n" + std::string(kBytes, 'f') + "\r\nEND\r\n");
}

// The wording of a reply may find no memory. The item is changed by then.
TEST_F(FailingTier, NoRecordOutlivesAChange) {
  struct Case {
    std::string before_key;
    std::string behind_key;
  };
  const Case cases[] = {{"set ", " 0 0 4\r\n2222\r\n"},
                        {"append ", " 0 0 1\r\n2\r\n"},
                        {"incr ", " 1\r\n"},
                        {"touch ", " 7\r\n"},
                        {"delete ", "\r\n"},
                        {"ms ", " 4\r\n2222\r\n"},
                        {"ma ", "\r\n"},
                        {"md ", " I T30\r\n"},
                        {"mg ", " T7 v\r\n"},
                        {"set ", " 0 0 20000\r\n" + std::string(20'000, '2') + "\r\n"}};
  constexpr long kMost = 12;
  const auto name = [](std::size_t number) { return "k" + std::to_string(number); };
  for (std::size_t n = 0; n < std::size(cases) * kMost; ++n) ask(set(name(n), "1111"));
  fill(70'000, 4);  // they leave memory

  std::size_t number = 0;
  int changed = 0;
  for (const Case& one : cases) {
    for (long allocations = 0; allocations < kMost; ++allocations) {
      const std::string text = name(number++);
      const Key its_key = key(text);
      ask("get " + text + "\r\n");
      ask("get " + text + "\r\n");  // brings it back, and the record stays
      const Item old = store_.peek(its_key, kStart).item;
      ASSERT_TRUE(old && tiering_.may_hold(its_key.hash)) << text;
      const std::uint64_t cas = old.cas();
      const UnixSeconds exptime = old.exptime();
      if (feed_with(allocations, one.before_key + text + one.behind_key)) break;
      const Item now = store_.peek(its_key, kStart).item;
      if (now && now.cas() == cas && now.exptime() == exptime) continue;
      ++changed;
      EXPECT_FALSE(tiering_.may_hold(its_key.hash)) << one.before_key << allocations;
    }
  }
  EXPECT_GE(changed, 8);
}

TEST_F(FailingTier, WhoIsToldNothingWaitsForNothing) {
  ask(set("k", std::string(3000, 'k')));
  fill(2000, 3000);
  const Key its_key = key("k");
  ASSERT_TRUE(tiering_.may_hold(its_key.hash));
  bool enough = false;
  for (long allocations = 0; !enough; ++allocations) {
    allocations_left = allocations;
    try {
      enough = tiering_.fetch(its_key, kStart, this) == ColdTier::Fetch::kLate;
    } catch (const std::bad_alloc&) {
    }
    allocations_left = -1;
    ASSERT_LT(allocations, 20);
    device_.complete_all();
    EXPECT_EQ(woken_.size(), enough ? 1U : 0U) << allocations;
    EXPECT_EQ(device_.held(), enough ? 1U : 0U) << allocations;
  }
  // The read has ended, and belongs to another key. So a second one begins.
  const Key other{"other", its_key.hash};
  allocations_left = 0;
  EXPECT_THROW(tiering_.fetch_again(woken_.back(), other, kStart, this), std::bad_alloc);
  allocations_left = -1;
  device_.complete_all();
  EXPECT_EQ(device_.held(), 0U);
  EXPECT_EQ(woken_.size(), 1U);
}

// --- the index --------------------------------------------------------------------------------

class SteadyPages final : public PageSource {
 public:
  std::byte* acquire_page() override {
    const EnoughMemory enough;
    return pages_.acquire_page();
  }
  void release_page(std::byte* page) override { pages_.release_page(page); }
  std::size_t out() const { return pages_.out(); }

 private:
  TestPages pages_;
};

struct Ignored : TierIndexObserver {
  void on_lost(const TierEntry& /*entry*/) override {}
};

TEST(FailingTierIndex, GrowsWhenThereIsMemoryAgain) {
  SteadyPages pages;
  Ignored lost;
  TierIndex index(pages, 8U << 20, lost);
  std::uint64_t inserted = 0;
  const auto insert = [&](long allocations) {
    allocations_left = allocations;
    const bool done = index.insert(inserted * 0x9e3779b97f4a7c15, {inserted, 2, 0});
    allocations_left = -1;
    ++inserted;
    return done;
  };
  EXPECT_FALSE(insert(0));  // there is no table
  EXPECT_TRUE(insert(-1));
  const std::size_t one_page = index.capacity();
  while (inserted < 2 * one_page) EXPECT_TRUE(insert(0));
  EXPECT_EQ(index.capacity(), one_page);
  while (inserted < 4 * one_page) EXPECT_TRUE(insert(-1));
  EXPECT_GT(index.capacity(), one_page);
  EXPECT_STREQ(index.broken_invariant(), nullptr);

  allocations_left = 0;
  index.clear();
  allocations_left = -1;
  EXPECT_EQ(index.size(), 0U);
  EXPECT_STREQ(index.broken_invariant(), nullptr);
  while (index.step(1)) continue;
  EXPECT_EQ(pages.out(), 0U);
}

// --- a thread's reads and writes --------------------------------------------------------------

class FailingTierIo : public TierEngines {};
INSTANTIATE_TEST_SUITE_P(, FailingTierIo, testing::Values(IoEngine::kRing, IoEngine::kPool),
                         engine_name);

TEST_P(FailingTierIo, WhatHasBegunEndsOnce) {
  constexpr std::size_t kWrites = 64;
  constexpr std::size_t kBytes = 4096;
  const auto device = device_of({4 * kMegabyte});
  const auto io = device->open_thread({.depth = kWrites});
  const TestBlock block(kBytes, 1);
  const std::span<const std::byte> parts[] = {block.data()};
  std::vector<TestWrite> writes(kWrites);
  for (std::size_t n = 0; n < kWrites; ++n) {
    ASSERT_EQ(device->begin_write(n * kBytes, parts, writes[n]), IoStatus::kPending);
  }
  allocations_left = 0;
  EXPECT_NO_THROW(io->submit());
  EXPECT_EQ(allocations_left, 0);
  allocations_left = -1;
  run(*io);
  for (const TestWrite& write : writes) {
    EXPECT_EQ(write.calls, 1);
    EXPECT_EQ(write.ended, true);
  }
}

}  // namespace
}  // namespace isocache
