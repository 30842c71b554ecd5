// What the system may do to a read or a write: a failure is one failed operation, never a hang.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <iterator>
#include <semaphore>
#include <thread>

#include "native/tier/tier_device.h"
#include "tests/native/tier_fixture.h"

namespace isocache {
namespace {

class TierFaults : public TierEngines {};
INSTANTIATE_TEST_SUITE_P(, TierFaults, testing::Values(IoEngine::kRing, IoEngine::kPool),
                         engine_name);

TEST_P(TierFaults, AFileThatWasTruncatedEndsReads) {
  const auto device = device_of({4 * kMegabyte});
  const auto io = device->open_thread({});
  const TestBlock block(65536, 1);
  ASSERT_TRUE(write(*device, *io, 0, block.data()));
  ASSERT_EQ(::truncate(path("file0").c_str(), 32768), 0);
  EXPECT_TRUE(same(read(*device, *io, 0, 32768), block.data().first(32768)));
  EXPECT_TRUE(read(*device, *io, 0, 65536).empty()) << "short";
  EXPECT_TRUE(read(*device, *io, kMegabyte, 4096).empty());
  EXPECT_EQ(device->read_bytes_in_use(), 0U);
  EXPECT_TRUE(write(*device, *io, 0, block.data())) << "a write makes the file longer";
}

TEST_P(TierFaults, ALimitOnTheSizeOfFilesFailsWrites) {
  const auto device = device_of({4 * kMegabyte});
  const auto io = device->open_thread({});
  rlimit before = {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small = {.rlim_cur = kMegabyte, .rlim_max = before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const TestBlock block(2 * kMegabyte, 1);
  EXPECT_FALSE(write(*device, *io, 2 * kMegabyte, block.data()));
  EXPECT_FALSE(write(*device, *io, 0, block.data())) << "the first half was written";
  EXPECT_TRUE(write(*device, *io, 0, block.data().first(kMegabyte)));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
}

TEST_P(TierFaults, AFileThatCannotBeReadOrWrittenFails) {
  const std::string name = path("a");
  FileDescriptor reader(::open(name.c_str(), O_RDONLY | O_CREAT, 0600));
  ASSERT_TRUE(reader);
  const auto device =
      device_over(std::make_unique<TierFile>(std::move(reader), 4 * kMegabyte, 512));
  const auto io = device->open_thread({});
  const TestBlock block(4096, 1);
  EXPECT_FALSE(write(*device, *io, 0, block.data()));
  EXPECT_TRUE(read(*device, *io, 0, 4096).empty()) << "the file is empty";
}

// A pipe has no data: the read stays in the ring. The pool's thread stays in its call.
TEST_P(TierFaults, AReadThatNeverEndsDoesNotHoldUpTheEnd) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const FileDescriptor writer(ends[1]);
  auto released = std::make_shared<std::binary_semaphore>(0);
  auto file = std::make_unique<ScriptedFile>(FileDescriptor(ends[0]), kMegabyte, 512);
  file->on_read = [released](std::span<const iovec>, std::uint64_t) -> ssize_t {
    released->acquire();
    errno = EIO;
    return -1;
  };
  {
    const auto device = device_over(std::move(file));
    auto io = device->open_thread({});
    auto hanging = std::make_unique<TestRead>();
    ASSERT_EQ(device->begin_read(0, 4096, *hanging), IoStatus::kPending);
    io->submit();
    EXPECT_EQ(io->pending(), 1U);
    EXPECT_FALSE(io->stop(std::chrono::milliseconds(50)));
    EXPECT_EQ(hanging->calls, 0);
    hanging.reset();  // nothing refers to it any more
    io.reset();
  }
  [[maybe_unused]] const ssize_t told = ::write(writer.get(), "late", 4);
  released->release();
}

// Jobs that no thread has begun when their owner goes are never begun.
TEST(TierPool, WhatWaitsBehindAThreadThatHangsIsDropped) {
  auto released = std::make_shared<std::counting_semaphore<>>(0);
  auto calls = std::make_shared<std::atomic<int>>(0);
  auto file = std::make_unique<ScriptedFile>(FileDescriptor(), 1U << 20, 512);
  file->on_read = [=](std::span<const iovec>, std::uint64_t) -> ssize_t {
    ++*calls;
    released->acquire();
    return 4096;
  };
  {
    std::vector<std::unique_ptr<TierFile>> files;
    files.push_back(std::move(file));
    TierDevice device(std::move(files),
                      {.page_bytes = 1U << 20, .allow_ring = false, .pool_threads = 1});
    std::vector<TestRead> reads(3);
    auto io = device.open_thread({});
    for (TestRead& read : reads) {
      ASSERT_EQ(device.begin_read(0, 4096, read), IoStatus::kPending);
    }
    io->submit();
    while (*calls == 0) std::this_thread::yield();
    EXPECT_FALSE(io->stop(std::chrono::milliseconds(10)));
    io.reset();
    released->release(3);
  }
  EXPECT_EQ(*calls, 1);
}

// From now on the process cannot make a ring, as in many containers.
bool forbid_rings() {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter = {.len = std::size(program), .filter = program};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

using TierWithoutRing = TierEngines;
INSTANTIATE_TEST_SUITE_P(, TierWithoutRing, testing::Values(IoEngine::kRing), engine_name);

TEST_P(TierWithoutRing, ThreadsReadAndWrite) {
  const std::string name = path("a");
  const pid_t child = ::fork();
  if (child == 0) {
    if (!forbid_rings()) ::_exit(3);
    const TierFileOptions files[] = {{.path = name, .size_bytes = 4 * kMegabyte}};
    TierDevice device(files, options());
    const auto io = device.open_thread({});
    const TestBlock block(65536, 1);
    if (device.uses_ring()) ::_exit(2);
    const bool good =
        write(device, *io, 0, block.data()) && same(read(device, *io, 0, 65536), block.data());
    ::_exit(good ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WIFEXITED(status) ? WEXITSTATUS(status) : -1, 0);
}

class TierSteps : public TierFolder {
 protected:
  static constexpr std::size_t kBytes = 16384;

  // A device without a ring, over a file whose calls the test scripts.
  std::unique_ptr<TierDevice> device(std::size_t alignment) {
    auto made = std::make_unique<ScriptedFile>(plain_file(1U << 20), 1U << 20, alignment);
    file = made.get();
    std::vector<std::unique_ptr<TierFile>> files;
    files.push_back(std::move(made));
    return std::make_unique<TierDevice>(
        std::move(files),
        TierDeviceOptions{.page_bytes = 1U << 20, .allow_ring = false, .pool_threads = 1});
  }
  IoStatus write(TierDevice& device, const TestBlock& block) {
    TestWrite io;
    const std::span<const std::byte> parts[] = {block.data().first(kBytes / 2),
                                                block.data().subspan(kBytes / 2)};
    return device.begin_write(0, parts, io);
  }
  ScriptedFile* file = nullptr;
};

TEST_F(TierSteps, ShortOnesGoOnAndInterruptedOnesAreRepeated) {
  const auto tier = device(512);
  const TestBlock block(kBytes, 5);
  int calls = 0;
  // Every other call is interrupted, the others do 1,000 bytes: a block and a part of one.
  const auto shorten = [&](auto&& really) {
    return [&calls, really](std::span<const iovec> parts, std::uint64_t offset) -> ssize_t {
      EXPECT_EQ(offset % 512, 0U);
      if (++calls % 2 == 1) {
        errno = calls % 4 == 1 ? EINTR : EAGAIN;
        return -1;
      }
      const iovec part = {parts[0].iov_base, std::min<std::size_t>(parts[0].iov_len, 1000)};
      return really(std::span(&part, 1), offset);
    };
  };
  file->on_write =
      shorten([this](auto parts, auto offset) { return file->really_write(parts, offset); });
  file->on_read =
      shorten([this](auto parts, auto offset) { return file->really_read(parts, offset); });
  ASSERT_EQ(write(*tier, block), IoStatus::kDone);
  TestRead read;
  ASSERT_EQ(tier->begin_read(0, kBytes, read), IoStatus::kDone);
  EXPECT_TRUE(same(read.data(), block.data()));
  tier->release(read);
}

TEST_F(TierSteps, WhatNeverGetsOnFails) {
  const auto tier = device(4096);
  const TestBlock block(kBytes, 5);
  int calls = 0;
  const std::vector<std::function<ssize_t()>> ways = {
      [] { return ssize_t{100}; },  // less than a block
      [] { return ssize_t{0}; },
      [] { return errno = EINTR, ssize_t{-1}; },
      [] { return errno = EAGAIN, ssize_t{-1}; },
      [] { return errno = EIO, ssize_t{-1}; },
      [] { return errno = ENOSPC, ssize_t{-1}; },
  };
  for (const auto& way : ways) {
    file->on_read = [&](auto, auto) { return ++calls, way(); };
    file->on_write = file->on_read;
    TestRead read;
    EXPECT_EQ(tier->begin_read(0, kBytes, read), IoStatus::kFailed);
    EXPECT_EQ(write(*tier, block), IoStatus::kFailed);
  }
  EXPECT_LE(calls, static_cast<int>(2 * ways.size() * (IoOperation::kMostRepeats + 1)));
  EXPECT_EQ(tier->read_bytes_in_use(), 0U);
}

}  // namespace
}  // namespace isocache
