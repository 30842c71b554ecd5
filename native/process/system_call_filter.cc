#include "native/process/system_call_filter.h"

#ifdef ISOCACHE_SECCOMP

#include <fcntl.h>
#include <fmt/format.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <ctime>
#include <memory>
#include <system_error>
#include <type_traits>

#include "native/base/errors.h"

namespace isocache {
namespace {

using Context = std::remove_pointer_t<scmp_filter_ctx>;

// All calls that the C library may use for a purpose: they differ between architectures.
constexpr int kServing[] = {
    // clients
    SCMP_SYS(recvfrom), SCMP_SYS(recvmsg), SCMP_SYS(sendto), SCMP_SYS(sendmsg), SCMP_SYS(read),
    SCMP_SYS(readv), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(shutdown), SCMP_SYS(close),
    SCMP_SYS(getpeername), SCMP_SYS(getsockname), SCMP_SYS(getsockopt), SCMP_SYS(setsockopt),
    SCMP_SYS(fcntl),
    // waiting
    SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_ctl), SCMP_SYS(poll),
    SCMP_SYS(ppoll), SCMP_SYS(futex), SCMP_SYS(timerfd_settime), SCMP_SYS(nanosleep),
    SCMP_SYS(clock_nanosleep), SCMP_SYS(sched_yield), SCMP_SYS(restart_syscall),
    // memory
    SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
    // calls that only report
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday), SCMP_SYS(time),
    SCMP_SYS(getrandom), SCMP_SYS(getrusage), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getuid),
    SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(uname),
    SCMP_SYS(sched_getaffinity), SCMP_SYS(getcpu),
    // signals and the end
    SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigaction), SCMP_SYS(exit),
    SCMP_SYS(exit_group)};

constexpr int kMainThread[] = {SCMP_SYS(accept4), SCMP_SYS(accept), SCMP_SYS(unlink),
                               SCMP_SYS(unlinkat)};

constexpr int kReadingFiles[] = {SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(stat),
                                 SCMP_SYS(statx), SCMP_SYS(lseek),      SCMP_SYS(pread64)};

constexpr int kTier[] = {SCMP_SYS(io_uring_enter), SCMP_SYS(preadv), SCMP_SYS(pwritev),
                         SCMP_SYS(pread64), SCMP_SYS(pwrite64)};

class Rules {
 public:
  Rules() : context_(static_cast<Context*>(seccomp_init(SCMP_ACT_ERRNO(EACCES)))) {
    if (!context_) fail(ENOMEM);
  }

  void allow(int call) { check(seccomp_rule_add_array(get(), SCMP_ACT_ALLOW, call, 0, nullptr)); }
  void allow_if(int call, scmp_arg_cmp condition) {
    check(seccomp_rule_add_array(get(), SCMP_ACT_ALLOW, call, 1, &condition));
  }
  template <typename Calls>
  void allow_all(const Calls& calls) {
    for (const int call : calls) allow(call);
  }
  void load() { check(seccomp_load(get())); }

 private:
  struct Release {
    void operator()(Context* context) const { seccomp_release(context); }
  };
  scmp_filter_ctx get() { return context_.get(); }
  static void check(int result) {
    if (result < 0) fail(-result);
  }
  [[noreturn]] static void fail(int error) {
    throw SystemError(fmt::format("-o drop_privileges: cannot restrict system calls: {}",
                                  std::generic_category().message(error)));
  }

  std::unique_ptr<Context, Release> context_;
};

// Argument `index` of a call has none of `bits`.
constexpr scmp_arg_cmp without(unsigned index, std::uint64_t bits) {
  return {.arg = index, .op = SCMP_CMP_MASKED_EQ, .datum_a = bits, .datum_b = 0};
}
constexpr scmp_arg_cmp is(unsigned index, std::uint64_t value) {
  return {.arg = index, .op = SCMP_CMP_EQ, .datum_a = value, .datum_b = 0};
}

constexpr std::uint64_t kWriting = O_ACCMODE | O_CREAT | O_TRUNC;  // O_RDONLY is 0

}  // namespace

void SystemCallFilter::check_kernel() {
  if (::prctl(PR_GET_SECCOMP) < 0) throw_errno("-o drop_privileges: cannot restrict system calls");
}

void SystemCallFilter::load() const {
  ::tzset();  // reads a file; gmtime_r() would, later
  Rules rules;
  rules.allow_all(kServing);
  rules.allow_if(SCMP_SYS(mmap), without(2, PROT_EXEC));
  rules.allow_if(SCMP_SYS(mprotect), without(2, PROT_EXEC));
  rules.allow_if(SCMP_SYS(ioctl), is(1, FIONREAD));
  rules.allow_if(SCMP_SYS(ioctl), is(1, FIONBIO));
  // abort() is what an assertion ends with.
  rules.allow_if(SCMP_SYS(tgkill), is(0, static_cast<std::uint64_t>(::getpid())));
  if (thread_ == Thread::kMain) rules.allow_all(kMainThread);
  if (uses_tier_) rules.allow_all(kTier);
  if (reads_files_) {
    rules.allow_all(kReadingFiles);
    rules.allow_if(SCMP_SYS(openat), without(2, kWriting));
    rules.allow_if(SCMP_SYS(open), without(1, kWriting));
  }
  rules.load();
}

}  // namespace isocache

#else

#include "native/base/errors.h"

namespace isocache {

void SystemCallFilter::check_kernel() {}

void SystemCallFilter::load() const {
  throw SystemError("-o drop_privileges: this build has no libseccomp");
}

}  // namespace isocache

#endif
