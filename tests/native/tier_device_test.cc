// Round trips over both engines, several threads at once, bounds, and the end of a thread.
#include "native/tier/tier_device.h"

#include <atomic>
#include <chrono>
#include <random>
#include <thread>

#include "native/base/errors.h"
#include "native/tier/io_operation.h"
#include "tests/native/tier_fixture.h"

namespace isocache {
namespace {

class TierDeviceTest : public TierEngines {};
INSTANTIATE_TEST_SUITE_P(, TierDeviceTest, testing::Values(IoEngine::kRing, IoEngine::kPool),
                         engine_name);

TEST_P(TierDeviceTest, GivesBackWhatWasWritten) {
  const auto device = device_of({4 * kMegabyte});
  const auto io = device->open_thread({});
  EXPECT_EQ(device->size_bytes(), 4 * kMegabyte);
  std::uint32_t seed = 0;
  for (const std::size_t bytes : {4096UL, 8192UL, 65536UL, 131072UL, 1UL << 20}) {
    const TestBlock block(bytes, ++seed);
    ASSERT_TRUE(write(*device, *io, kMegabyte, block.data())) << bytes;
    EXPECT_TRUE(same(read(*device, *io, kMegabyte, bytes), block.data())) << bytes;
  }
  EXPECT_EQ(device->read_bytes_in_use(), 0U);
}

TEST_P(TierDeviceTest, MeasuresItsReads) {
  const auto device = device_of({4 * kMegabyte});
  const auto began = std::chrono::steady_clock::now();
  const auto one = device->open_thread({});
  for (int n = 0; n < 3; ++n) read(*device, *one, 0, 4096);
  const TestBlock block(65536, 1);
  ASSERT_TRUE(write(*device, *one, 0, block.data()));  // does not count
  std::thread([&] {
    const auto other = device->open_thread({});
    read(*device, *other, 0, 4096);
  }).join();
  const std::chrono::nanoseconds all = std::chrono::steady_clock::now() - began;
  std::uint64_t reads = 0;
  std::uint64_t sum_ns = 0;
  int threads = 0;
  device->for_each_read_latency([&](const LatencyHistogram& histogram) {
    ++threads;
    for (std::size_t n = 0; n < LatencyHistogram::kBuckets; ++n) reads += histogram.count_in(n);
    sum_ns += histogram.sum_ns();
  });
  EXPECT_EQ(threads, 2);
  EXPECT_EQ(reads, 4U);
  EXPECT_GT(sum_ns, 0U);
  EXPECT_LT(sum_ns, static_cast<std::uint64_t>(all.count()));
}

TEST_P(TierDeviceTest, WritesPartsOneBehindTheOther) {
  const auto device = device_of({4 * kMegabyte});
  const auto io = device->open_thread({});
  std::vector<TestBlock> blocks;
  std::vector<std::byte> all;
  std::vector<std::span<const std::byte>> parts;
  for (std::uint32_t i = 0; i < 20; ++i) blocks.emplace_back(65536, i);
  for (const TestBlock& block : blocks) {
    parts.push_back(block.data());
    all.insert(all.end(), block.data().begin(), block.data().end());
  }
  TestWrite write;
  ASSERT_EQ(device->begin_write(0, parts, write), IoStatus::kPending);
  parts.clear();
  parts.shrink_to_fit();  // the span need not stay
  run(*io);
  EXPECT_EQ(write.ended, true);
  EXPECT_TRUE(same(read(*device, *io, 0, all.size()), all));
}

TEST_P(TierDeviceTest, FilesTakeTurns) {
  const auto device = device_of({2 * kMegabyte + 4096, 4 * kMegabyte, kMegabyte});
  const auto io = device->open_thread({});
  ASSERT_EQ(device->size_bytes(), 7 * kMegabyte);  // whole pages
  const TestBlock block(7 * kMegabyte, 1);
  ASSERT_TRUE(write(*device, *io, 0, block.data()));  // crosses all pages
  EXPECT_TRUE(same(read(*device, *io, 0, block.data().size()), block.data()));
  const std::size_t edge = 3 * kMegabyte - 4096;
  EXPECT_TRUE(same(read(*device, *io, edge, 8192), block.data().subspan(edge, 8192)));
}

TEST_P(TierDeviceTest, RefusesWhatLiesOutside) {
  const auto device = device_of({4 * kMegabyte});
  const auto io = device->open_thread({});
  TestRead read;
  EXPECT_EQ(device->begin_read(4 * kMegabyte, 4096, read), IoStatus::kFailed);
  EXPECT_EQ(device->begin_read(4 * kMegabyte - 4096, 8192, read), IoStatus::kFailed);
  EXPECT_EQ(device->begin_read(~std::uint64_t{4095}, 8192, read), IoStatus::kFailed);
  EXPECT_EQ(device->begin_read(1, 4096, read), IoStatus::kFailed);
  EXPECT_EQ(device->begin_read(0, 0, read), IoStatus::kFailed);
  EXPECT_EQ(device->begin_read(0, 64 * kMegabyte, read), IoStatus::kFailed);
  EXPECT_EQ(device->read_bytes_in_use(), 0U);
}

TEST_P(TierDeviceTest, AThreadWithoutALoopWaits) {
  const auto device = device_of({4 * kMegabyte});
  const TestBlock block(65536, 3);
  const std::span<const std::byte> parts[] = {block.data()};
  TestWrite write;
  TestRead read;
  EXPECT_EQ(device->begin_write(0, parts, write), IoStatus::kDone);
  ASSERT_EQ(device->begin_read(0, 65536, read), IoStatus::kDone);
  EXPECT_TRUE(same(read.data(), block.data()));
  device->release(read);
  EXPECT_EQ(write.calls + read.calls, 0);
}

TEST_P(TierDeviceTest, WhatExceedsTheDepthWaitsAndWhatExceedsThatFails) {
  const auto device = device_of({4 * kMegabyte});
  const auto io = device->open_thread({.depth = 4, .waiting = 8});
  std::vector<TestRead> reads(13);
  for (std::size_t i = 0; i < 8; ++i) {
    EXPECT_EQ(device->begin_read(i * 4096, 4096, reads[i]), IoStatus::kPending);
  }
  EXPECT_EQ(device->begin_read(0, 4096, reads[12]), IoStatus::kFailed);
  io->submit();
  for (std::size_t i = 8; i < 12; ++i) {
    EXPECT_EQ(device->begin_read(i * 4096, 4096, reads[i]), IoStatus::kPending);
  }
  EXPECT_EQ(device->begin_read(0, 4096, reads[12]), IoStatus::kFailed);
  EXPECT_EQ(io->pending(), 12U);
  run(*io);
  for (std::size_t i = 0; i < 12; ++i) {
    EXPECT_EQ(reads[i].ended, true);
    device->release(reads[i]);
  }
}

// A write that is refused would look like a device that is broken.
TEST_P(TierDeviceTest, WritesWaitHoweverManyReadsDo) {
  const auto device = device_of({4 * kMegabyte});
  const auto io = device->open_thread({.depth = 4, .waiting = 8});
  std::vector<TestRead> reads(8);
  for (TestRead& read : reads) {
    EXPECT_EQ(device->begin_read(0, 4096, read), IoStatus::kPending);
  }
  const TestBlock block(4096, 3);
  const std::span<const std::byte> parts[] = {block.data()};
  std::vector<TestWrite> writes(16);
  for (TestWrite& write : writes) {
    EXPECT_EQ(device->begin_write(65536, parts, write), IoStatus::kPending);
  }
  run(*io);
  for (const TestWrite& write : writes) EXPECT_EQ(write.ended, true);
  for (TestRead& read : reads) device->release(read);
}

TEST_P(TierDeviceTest, MemoryForReadsIsBounded) {
  TierDeviceOptions small = options();
  small.read_buffer_bytes = 256 * 1024;
  small.large_read_bytes = kMegabyte;
  const TierFileOptions files[] = {{.path = path("a"), .size_bytes = 4 * kMegabyte}};
  TierDevice device(files, small);
  const auto io = device.open_thread({});
  std::vector<TestRead> reads(12);
  std::size_t begun = 0;
  while (device.begin_read(0, 131072, reads[begun]) == IoStatus::kPending) ++begun;
  EXPECT_EQ(begun, 10U);
  TestRead larger;
  EXPECT_EQ(device.begin_read(0, 2 * kMegabyte, larger), IoStatus::kFailed);
  run(*io);
  for (std::size_t i = 0; i < begun; ++i) device.release(reads[i]);
  EXPECT_EQ(device.read_bytes_in_use(), 0U);
  for (std::size_t i = 0; i < 8; ++i) {  // chunks are divided anew
    EXPECT_EQ(read(device, *io, 0, std::size_t{4096} << i % 6).size(), std::size_t{4096} << i % 6);
  }
}

TEST_P(TierDeviceTest, ACallbackMayBeginTheNext) {
  const auto device = device_of({4 * kMegabyte});
  const auto io = device->open_thread({.edge_triggered = true});
  std::vector<TestRead> reads(200);
  for (std::size_t i = 0; i + 1 < reads.size(); ++i) {
    reads[i].then = [&, i] {
      device->release(reads[i]);
      EXPECT_EQ(device->begin_read(i * 4096, 4096, reads[i + 1]), IoStatus::kPending);
    };
  }
  reads.back().then = [&] { device->release(reads.back()); };
  ASSERT_EQ(device->begin_read(0, 4096, reads[0]), IoStatus::kPending);
  run(*io);
  EXPECT_EQ(reads.back().calls, 1);
}

TEST_P(TierDeviceTest, AsksOnceToBeSubmitted) {
  const auto device = device_of({4 * kMegabyte});
  EXPECT_EQ(device->uses_ring(), GetParam() == IoEngine::kRing);
  int asked = 0;
  const auto io = device->open_thread({.ask_for_submit = [&] { ++asked; }});
  for (int round = 1; round <= 2; ++round) {
    std::vector<TestRead> reads(3);
    for (TestRead& read : reads) {
      ASSERT_EQ(device->begin_read(0, 4096, read), IoStatus::kPending);
    }
    EXPECT_EQ(asked, round);
    run(*io);
    for (TestRead& read : reads) device->release(read);
  }
}

// One thread's share of the device: writes and reads back, several at once.
void write_and_read(TierDevice& device, std::uint64_t base, std::uint32_t seed,
                    const std::function<void(TierIo&)>& run) {
  const auto io = device.open_thread({.depth = 8});
  constexpr std::size_t kBlocks = 16;
  for (std::uint32_t round = 0; round < 20; ++round) {
    std::vector<TestBlock> blocks;
    std::vector<TestWrite> writes(kBlocks);
    std::vector<TestRead> reads(kBlocks);
    for (std::uint32_t i = 0; i < kBlocks; ++i) {
      blocks.emplace_back(8192, seed + round * 100 + i);
      const std::span<const std::byte> parts[] = {blocks[i].data()};
      EXPECT_EQ(device.begin_write(base + i * 8192, parts, writes[i]), IoStatus::kPending);
    }
    run(*io);
    for (std::uint32_t i = 0; i < kBlocks; ++i) {
      EXPECT_EQ(writes[i].ended, true);
      EXPECT_EQ(device.begin_read(base + i * 8192, 8192, reads[i]), IoStatus::kPending);
    }
    run(*io);
    for (std::uint32_t i = 0; i < kBlocks; ++i) {
      EXPECT_EQ(reads[i].ended, true);
      EXPECT_TRUE(same(reads[i].data(), blocks[i].data()));
      device.release(reads[i]);
    }
  }
  EXPECT_TRUE(io->stop(std::chrono::seconds(1)));
}

TEST_P(TierDeviceTest, ThreadsDoNotMeet) {
  const auto device = device_of({4 * kMegabyte, 4 * kMegabyte});
  std::vector<std::thread> threads;
  for (std::uint32_t i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      write_and_read(*device, i * 2 * kMegabyte, i * 10'000, [](TierIo& io) { run(io); });
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(device->read_bytes_in_use(), 0U);
}

TEST_P(TierDeviceTest, AnotherThreadMayReleaseARead) {
  const auto device = device_of({4 * kMegabyte});
  const auto io = device->open_thread({});
  std::vector<TestRead> reads(64);
  for (TestRead& read : reads) {
    ASSERT_EQ(device->begin_read(0, 4096, read), IoStatus::kPending);
  }
  run(*io);
  std::thread([&] {
    for (TestRead& read : reads) device->release(read);
  }).join();
  EXPECT_EQ(device->read_bytes_in_use(), 0U);
}

TEST_P(TierDeviceTest, StopEndsWhatWaits) {
  const auto device = device_of({4 * kMegabyte});
  const auto io = device->open_thread({.depth = 2});
  std::vector<TestRead> reads(20);
  for (TestRead& read : reads) {
    ASSERT_EQ(device->begin_read(0, 4096, read), IoStatus::kPending);
  }
  io->submit();
  EXPECT_TRUE(io->stop(kPatience));
  EXPECT_EQ(io->pending(), 0U);
  int succeeded = 0;
  for (TestRead& read : reads) {
    EXPECT_EQ(read.calls, 1);
    if (!read.ended.value_or(false)) continue;
    ++succeeded;
    device->release(read);
  }
  EXPECT_EQ(succeeded, 2);
  TestRead later;
  EXPECT_EQ(device->begin_read(0, 4096, later), IoStatus::kFailed);
  EXPECT_EQ(device->read_bytes_in_use(), 0U);
}

TEST(TierFilesTest, AFileWithoutAPageIsAnError) {
  std::vector<std::unique_ptr<TierFile>> files;
  files.push_back(std::make_unique<TierFile>(FileDescriptor(), 1000, 512));
  EXPECT_THROW(TierFiles(std::move(files), 4096), UsageError);
}

}  // namespace
}  // namespace isocache
