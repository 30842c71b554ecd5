#include "native/process/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <utility>

#include "native/base/errors.h"
#include "native/base/log.h"

namespace isocache {

void open_standard_streams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) >= 0) continue;
    // open() returns the lowest free number, which is this one.
    if (::open("/dev/null", O_RDWR) != fd) throw_errno("cannot open /dev/null");
  }
}

void raise_descriptor_limit(std::size_t descriptors) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur >= descriptors) return;
  limit.rlim_cur = descriptors;
  if (limit.rlim_max < descriptors) limit.rlim_max = descriptors;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0) {
    throw SystemError(
        "failed to set rlimit for open files. Try starting as root or requesting smaller maxconns "
        "value.");
  }
}

void raise_core_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_CORE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_CORE, &limit);
}

void lock_memory() {
  if (::mlockall(MCL_CURRENT | MCL_FUTURE) == 0) return;
  log_line(fmt::format("-k invalid, mlockall() failed: {}", std::generic_category().message(errno)),
           LogLevel::kWarning);
}

void drop_root(const std::string& user) {
  if (user.empty() || ::geteuid() != 0) return;
  const passwd* const entry = ::getpwnam(user.c_str());
  if (entry == nullptr) throw NoSuchUser(fmt::format("can't find the user {} to switch to", user));
  if (::initgroups(user.c_str(), entry->pw_gid) != 0 || ::setgid(entry->pw_gid) != 0 ||
      ::setuid(entry->pw_uid) != 0) {
    throw_errno(fmt::format("failed to assume identity of user {}", user));
  }
}

Daemon Daemon::start() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw_errno("pipe");
  FileDescriptor from_child(ends[0]);
  FileDescriptor to_parent(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) throw_errno("fork");
  if (child > 0) {
    to_parent = FileDescriptor();
    char ready = 0;
    if (::read(from_child.get(), &ready, 1) == 1) std::_Exit(EXIT_SUCCESS);
    int status = 0;
    ::waitpid(child, &status, 0);
    std::_Exit(WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE);
  }
  ::setsid();
  Daemon daemon;
  daemon.to_parent_ = std::move(to_parent);
  return daemon;
}

void Daemon::ready() {
  [[maybe_unused]] const int moved = ::chdir("/");
  const FileDescriptor null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(null.get(), fd);
  [[maybe_unused]] const auto written = ::write(to_parent_.get(), "r", 1);
  to_parent_ = FileDescriptor();
}

namespace {

std::string current_user() {
  const int before = errno;
  const passwd* const entry = ::getpwuid(::geteuid());
  errno = before;
  return entry != nullptr ? entry->pw_name : fmt::format("{}", ::geteuid());
}

}  // namespace

PidFile::PidFile(std::string path) : path_(std::move(path)) {
  if (path_.empty()) return;
  const FileDescriptor file(::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  const std::string text = fmt::format("{}\n", ::getpid());
  if (!file || ::write(file.get(), text.data(), text.size()) < 0) {
    throw_errno(fmt::format("cannot write the pid file {} as user {}", path_, current_user()));
  }
}

PidFile::~PidFile() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

void ignore_broken_pipes() { std::signal(SIGPIPE, SIG_IGN); }

HashKey random_hash_key() {
#ifndef NDEBUG
  // For tests in which keys collide (tests/README.md).
  if (std::getenv("ISOCACHE_WEAK_HASH") != nullptr) return weak_hash_key(1);
#endif
  std::array<std::uint64_t, 2> bits{};
  if (::getrandom(bits.data(), sizeof(bits), 0) != sizeof(bits)) throw_errno("getrandom");
  return {bits[0], bits[1]};
}

std::uint64_t random_bits() {
  std::uint64_t bits = 0;
  if (::getrandom(&bits, sizeof(bits), 0) != sizeof(bits)) throw_errno("getrandom");
  return bits;
}

}  // namespace isocache
