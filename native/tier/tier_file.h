// One `ext_path`: a regular file or a block device. This process owns its first SIZE bytes.
#pragma once

#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "native/base/file_descriptor.h"
#include "native/tier/fault_log.h"

namespace isocache {

struct TierFileOptions {
  std::string path;
  std::uint64_t size_bytes = 0;
  bool direct = true;  // bypasses the system's page cache, where the volume can do it
};

class TierFile {
 public:
  // Locks the file, gives it SIZE bytes of room and forgets what it held. Ignores SIGXFSZ from then
  // on, so that a limit on the size of files is an error of a write. Throws SystemError if the file
  // cannot be opened or locked, or if the volume is smaller than SIZE.
  static std::unique_ptr<TierFile> open(const TierFileOptions& options);

  // Takes a descriptor as it is. `alignment` is 512 or 4096. `path` is for the log.
  TierFile(FileDescriptor file, std::uint64_t size_bytes, std::size_t alignment,
           bool direct = false, const std::string& path = {})
      : file_(std::move(file)),
        size_bytes_(size_bytes),
        alignment_(alignment),
        direct_(direct),
        path_(path),
        failed_reads_("ext_path " + path + ": a read failed"),
        failed_writes_("ext_path " + path + ": a write failed") {}
  virtual ~TierFile() = default;
  TierFile(const TierFile&) = delete;
  TierFile& operator=(const TierFile&) = delete;

  int fd() const { return file_.get(); }
  std::uint64_t size_bytes() const { return size_bytes_; }
  std::size_t alignment() const { return alignment_; }
  bool direct() const { return direct_; }
  const std::string& path() const { return path_; }

  // preadv(2), pwritev(2): a count, or -1 and errno. Any thread. io_uring uses fd() instead.
  virtual ssize_t read_at(std::span<const iovec> parts, std::uint64_t offset) const;
  virtual ssize_t write_at(std::span<const iovec> parts, std::uint64_t offset) const;
  // An operation has failed: tells the log. `error`: an errno, or 0: the file ended. Any thread.
  void note_failed_read(int error) const;
  void note_failed_write(int error) const;

 private:
  FileDescriptor file_;
  std::uint64_t size_bytes_;
  std::size_t alignment_;
  bool direct_;
  std::string path_;
  mutable FaultLog failed_reads_;
  mutable FaultLog failed_writes_;
};

}  // namespace isocache
