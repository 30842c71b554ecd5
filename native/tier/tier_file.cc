#include "native/tier/tier_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <system_error>

#include "native/base/errors.h"
#include "native/base/log.h"

namespace isocache {
namespace {

constexpr std::size_t kSmallBlock = 512;
constexpr std::size_t kLargeBlock = 4096;

std::string error_text(int error) { return std::generic_category().message(error); }

[[noreturn]] void fail(const std::string& path, const std::string& why) {
  throw SystemError(fmt::format("ext_path {}: {}", path, why));
}

std::string gigabytes(std::uint64_t bytes) {
  return fmt::format("{:.2f} GB", static_cast<double>(bytes) / (1U << 30));
}

FileDescriptor open_file(const std::string& path, bool& direct) {
  constexpr int kFlags = O_RDWR | O_CREAT | O_CLOEXEC;
  constexpr mode_t kMode = 0600;
  if (direct) {
    FileDescriptor file(::open(path.c_str(), kFlags | O_DIRECT, kMode));
    if (file || errno != EINVAL) return file;
    direct = false;
  }
  return FileDescriptor(::open(path.c_str(), kFlags, kMode));
}

// A lock of the open file, not of the process: it also meets a path that is given twice, and no
// other close() in this process gives it up. Locks of memcached's kind exclude it as well.
void lock(int fd, const std::string& path) {
  struct flock whole = {
      .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 0, .l_pid = 0};
  if (::fcntl(fd, F_OFD_SETLK, &whole) == 0) return;
  if (errno != EAGAIN && errno != EACCES) fail(path, "cannot lock it: " + error_text(errno));
  if (::fcntl(fd, F_OFD_GETLK, &whole) == 0 && whole.l_type != F_UNLCK && whole.l_pid > 0) {
    fail(path, fmt::format("process {} uses it", whole.l_pid));
  }
  fail(path, "another process uses it, or it is given twice");
}

void clear_direct(int fd) { ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) & ~O_DIRECT); }

// What the volume has left; the largest number if it does not tell.
std::uint64_t room_of_volume(int fd) {
  struct statvfs volume = {};
  if (::fstatvfs(fd, &volume) != 0 || volume.f_blocks == 0) return UINT64_MAX;
  return std::uint64_t{volume.f_bavail} * volume.f_frsize;
}

[[noreturn]] void fail_without_room(const std::string& path, std::uint64_t bytes,
                                    std::uint64_t room) {
  fail(path,
       fmt::format("the volume has no room for {}; it has {}", gigabytes(bytes), gigabytes(room)));
}

int allocate(int fd, std::uint64_t bytes) {
  for (;;) {
    if (::fallocate(fd, 0, 0, static_cast<off_t>(bytes)) == 0) return 0;
    if (errno != EINTR) return errno;
  }
}

// Reserves the room, so that no write fails later because others have filled the volume. It asks
// first, because to try means to fill the volume for a moment.
void reserve(int fd, const std::string& path, std::uint64_t bytes) {
  if (::ftruncate(fd, 0) != 0) fail(path, "cannot empty it: " + error_text(errno));
  const std::uint64_t room = room_of_volume(fd);
  if (room < bytes) fail_without_room(path, bytes, room);
  const int error = allocate(fd, bytes);
  if (error == 0) return;
  if (error != EOPNOTSUPP) {
    if (::ftruncate(fd, 0) != 0) fail(path, "cannot empty it: " + error_text(errno));
    if (error == ENOSPC) fail_without_room(path, bytes, room_of_volume(fd));
    fail(path, fmt::format("cannot reserve {}: {}", gigabytes(bytes), error_text(error)));
  }
  if (::ftruncate(fd, static_cast<off_t>(bytes)) != 0) {
    fail(path, fmt::format("cannot make it {} long: {}", gigabytes(bytes), error_text(errno)));
  }
  log_line(
      fmt::format("ext_path {}: the volume cannot reserve room; writes fail when it is full", path),
      LogLevel::kWarning);
}

void check_device(int fd, const std::string& path, std::uint64_t bytes) {
  std::uint64_t size = 0;
  if (::ioctl(fd, BLKGETSIZE64, &size) != 0)
    fail(path, "cannot tell its size: " + error_text(errno));
  if (size < bytes) {
    fail(path, fmt::format("the device has {}, less than {}", gigabytes(size), gigabytes(bytes)));
  }
}

// The unit of direct IO; 0: there is none that we can use.
std::size_t direct_block(int fd, bool is_device) {
  if (is_device) {
    int size = 0;
    if (::ioctl(fd, BLKSSZGET, &size) != 0) return kLargeBlock;
    return static_cast<std::size_t>(size);
  }
#ifdef STATX_DIOALIGN
  struct statx facts = {};
  if (::statx(fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &facts) == 0 &&
      (facts.stx_mask & STATX_DIOALIGN) != 0) {
    return std::max(facts.stx_dio_offset_align, facts.stx_dio_mem_align);
  }
#endif
  return kLargeBlock;
}

// Some volumes take O_DIRECT and refuse what it asks for, so a block is read.
bool can_read_directly(int fd, std::size_t block) {
  const std::unique_ptr<void, decltype(&std::free)> memory(
      std::aligned_alloc(kLargeBlock, kLargeBlock), &std::free);
  return memory && ::pread(fd, memory.get(), block, 0) == static_cast<ssize_t>(block);
}

// 512 or 4096, or 0 if the file cannot be read directly.
std::size_t usable_direct_block(int fd, bool is_device) {
  const std::size_t told = direct_block(fd, is_device);
  if (told == 0 || told > kLargeBlock) return 0;
  const std::size_t first = told <= kSmallBlock ? kSmallBlock : kLargeBlock;
  for (const std::size_t block : {first, kLargeBlock}) {
    if (can_read_directly(fd, block)) return block;
  }
  return 0;
}

}  // namespace

std::unique_ptr<TierFile> TierFile::open(const TierFileOptions& options) {
  const std::string& path = options.path;
  bool direct = options.direct;
  FileDescriptor file = open_file(path, direct);
  if (!file) fail(path, error_text(errno));
  struct stat facts = {};
  if (::fstat(file.get(), &facts) != 0) fail(path, error_text(errno));
  const bool is_device = S_ISBLK(facts.st_mode);
  if (!is_device && !S_ISREG(facts.st_mode)) fail(path, "it is neither a file nor a block device");
  lock(file.get(), path);
  std::signal(SIGXFSZ, SIG_IGN);
  if (is_device) {
    check_device(file.get(), path, options.size_bytes);
  } else {
    reserve(file.get(), path, options.size_bytes);
  }

  std::size_t alignment = direct ? usable_direct_block(file.get(), is_device) : 0;
  direct = alignment != 0;
  if (!direct) {
    alignment = kSmallBlock;
    clear_direct(file.get());
    ::posix_fadvise(file.get(), 0, 0, POSIX_FADV_RANDOM);
    if (options.direct) {
      log_line(fmt::format("ext_path {}: no direct IO; the system's page cache holds a copy", path),
               LogLevel::kWarning);
    }
  }
  return std::make_unique<TierFile>(std::move(file), options.size_bytes, alignment, direct, path);
}

ssize_t TierFile::read_at(std::span<const iovec> parts, std::uint64_t offset) const {
  return ::preadv(fd(), parts.data(), static_cast<int>(parts.size()), static_cast<off_t>(offset));
}

ssize_t TierFile::write_at(std::span<const iovec> parts, std::uint64_t offset) const {
  return ::pwritev(fd(), parts.data(), static_cast<int>(parts.size()), static_cast<off_t>(offset));
}

void TierFile::note_failed_read(int error) const {
  failed_reads_.note(error == 0 ? "the file is shorter" : error_text(error));
}

void TierFile::note_failed_write(int error) const {
  failed_writes_.note(error == 0 ? "nothing was written" : error_text(error));
}

}  // namespace isocache
