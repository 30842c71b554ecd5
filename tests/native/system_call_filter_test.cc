// What a thread may and may not do under -o drop_privileges. Each case runs in a process of its
// own, because a filter cannot be removed. Sanitizers make system calls of their own, which the
// filter refuses.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define ISOCACHE_SANITIZED
#endif
#endif

#ifndef ISOCACHE_SANITIZED

#include "native/process/system_call_filter.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <functional>
#include <optional>
#include <string>

#include "native/tier/tier_device.h"

namespace isocache {
namespace {

using Thread = SystemCallFilter::Thread;

class DropPrivileges : public testing::Test {
 protected:
  void SetUp() override {
    if (!kHasSystemCallFilter) GTEST_SKIP() << "built without libseccomp";
  }

  // The errno of `call` under the filter; 0: it succeeded.
  static int error_of(Thread thread, bool reads_files, const std::function<bool()>& call) {
    return exit_status([&] {
      SystemCallFilter(thread, reads_files).load();
      errno = 0;
      return call() ? 0 : errno;
    });
  }
  // Of a process that runs `body`; negative: the signal that ended it.
  static int exit_status(const std::function<int()>& body) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(body());
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  // 0: a read succeeded, begun after the filter was loaded. 1: it failed.
  static int tier_goes_on(bool allow_ring, bool uses_tier) {
    const auto load = [uses_tier] { SystemCallFilter(Thread::kWorker, false, uses_tier).load(); };
    const std::string path = testing::TempDir() + "isocache-filter-" + std::to_string(::getpid());
    const TierFileOptions files[] = {{.path = path, .size_bytes = 1U << 20}};
    TierDevice device(files, {.page_bytes = 1U << 20,
                              .allow_ring = allow_ring,
                              .pool_threads = 1,
                              .on_pool_thread_start = load});
    ::unlink(path.c_str());
    const auto io = device.open_thread({});
    load();
    struct Read : DeviceRead {
      void on_done(bool succeeded) noexcept override { ended = succeeded; }
      std::optional<bool> ended;
    } read;
    if (device.begin_read(0, 4096, read) != IoStatus::kPending) return 2;
    io->submit();
    while (!read.ended) {
      pollfd event = {.fd = io->event_fd(), .events = POLLIN, .revents = 0};
      ::poll(&event, 1, -1);
      io->reap();
    }
    return *read.ended ? 0 : 1;
  }
  static bool opens(const char* path, int flags) { return ::open(path, flags, 0600) >= 0; }
  static bool runs_program() {
    std::array<char*, 1> none = {nullptr};
    ::execve("/bin/true", none.data(), none.data());
    return false;
  }
  static bool maps(int protection) {
    return ::mmap(nullptr, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
  }
};

TEST_F(DropPrivileges, NothingIsRunTracedOrWritten) {
  for (const Thread thread : {Thread::kMain, Thread::kWorker}) {
    const auto error = [&](const std::function<bool()>& call) {
      return error_of(thread, true, call);
    };
    EXPECT_EQ(error(runs_program), EACCES);
    EXPECT_EQ(error([] { return ::fork() >= 0; }), EACCES);
    EXPECT_EQ(error([] { return ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0; }), EACCES);
    EXPECT_EQ(error([] { return ::kill(::getppid(), 0) == 0; }), EACCES);
    EXPECT_EQ(error([] { return ::socket(AF_INET, SOCK_STREAM, 0) >= 0; }), EACCES);
    EXPECT_EQ(error([] { return ::setuid(0) == 0; }), EACCES);
    EXPECT_EQ(error([] { return opens("/dev/null", O_WRONLY); }), EACCES);
    EXPECT_EQ(error([] { return opens("/dev/null", O_RDWR); }), EACCES);
    EXPECT_EQ(error([] { return opens("/tmp/isocache-none", O_RDONLY | O_CREAT); }), EACCES);
    EXPECT_EQ(error([] { return maps(PROT_READ | PROT_EXEC); }), EACCES);
    EXPECT_EQ(error([] {
                iovec none{};
                return ::process_vm_readv(::getpid(), &none, 1, &none, 1, 0) >= 0;
              }),
              EACCES);
  }
}

TEST_F(DropPrivileges, ServingGoesOn) {
  for (const Thread thread : {Thread::kMain, Thread::kWorker}) {
    EXPECT_EQ(error_of(thread, true, [] { return opens("/dev/null", O_RDONLY); }), 0);
    EXPECT_EQ(error_of(thread, false, [] { return maps(PROT_READ | PROT_WRITE); }), 0);
    EXPECT_EQ(error_of(thread, false, [] { return ::write(STDERR_FILENO, "", 0) == 0; }), 0);
  }
}

// A device that was opened before goes on under the filter, with each engine.
TEST_F(DropPrivileges, ATierGoesOn) {
  for (const bool allow_ring : {true, false}) {
    for (const bool uses_tier : {true, false}) {
      const auto round_trip = [&] { return tier_goes_on(allow_ring, uses_tier); };
      EXPECT_EQ(exit_status(round_trip), uses_tier ? 0 : 1) << allow_ring;
    }
  }
}

TEST_F(DropPrivileges, EachMayDoOnlyWhatItHasTo) {
  const auto accepts = [] { return ::accept4(-1, nullptr, nullptr, 0) < 0 && errno == EBADF; };
  const auto removes = [] { return ::unlink("/tmp/isocache-none") < 0 && errno == ENOENT; };
  EXPECT_EQ(error_of(Thread::kMain, false, accepts), 0);
  EXPECT_EQ(error_of(Thread::kWorker, false, accepts), EACCES);
  EXPECT_EQ(error_of(Thread::kMain, false, removes), 0);
  EXPECT_EQ(error_of(Thread::kWorker, false, removes), EACCES);
  EXPECT_EQ(error_of(Thread::kWorker, false, [] { return opens("/dev/null", O_RDONLY); }), EACCES);
}

}  // namespace
}  // namespace isocache

#endif
