// What a server does to its own process: limits, user, background, pid file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/hash.h"
#include "native/base/file_descriptor.h"

namespace isocache {

// Opens closed standard streams on /dev/null. Otherwise a socket or a file would get such a number,
// and receive what is written to stderr. Must run before anything else is opened. Throws
// SystemError.
void open_standard_streams();
// Lets the process open `descriptors` files. Throws SystemError.
void raise_descriptor_limit(std::size_t descriptors);
void raise_core_limit();
// As in memcached: if the system does not allow it, warns and goes on.
void lock_memory();
// Becomes `user` for good. Only root can do that; for other users nothing happens. Throws
// SystemError, NoSuchUser.
void drop_root(const std::string& user);

// Splits off a background process. The first process waits until the second calls ready(), then
// ends with 0. If the second process ends before that, the first ends with the same status.
class Daemon {
 public:
  // Returns only in the background process.
  static Daemon start();
  // Lets go of the terminal.
  void ready();

 private:
  FileDescriptor to_parent_;
};

// Holds the process id while it lives.
class PidFile {
 public:
  // An empty path: no file. A daemon's path must be absolute.
  explicit PidFile(std::string path);
  ~PidFile();
  PidFile(const PidFile&) = delete;
  PidFile& operator=(const PidFile&) = delete;

 private:
  std::string path_;
};

// Ignores SIGPIPE: a client that disconnects in the middle of a reply must not end the server.
void ignore_broken_pipes();

// 128 bits that nobody can guess.
HashKey random_hash_key();
std::uint64_t random_bits();

}  // namespace isocache
