// What a server does to its own process: limits, user, background, pid file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/hash.h"
#include "native/base/file_descriptor.h"

namespace isocache {

// Opens those of the standard streams that are closed on /dev/null: else a socket or a file would
// get such a number, and receive what is written to stderr. First of all that opens anything.
// Throws SystemError.
void open_standard_streams();
// Lets the process open `descriptors` files. Throws SystemError.
void raise_descriptor_limit(std::size_t descriptors);
void raise_core_limit();
// As memcached, warns and goes on when the system does not allow it.
void lock_memory();
// Becomes `user` for good. Only root can; for others, nothing happens. Throws SystemError,
// NoSuchUser.
void drop_root(const std::string& user);

// Splits off a background process. The first process waits until the second calls ready(), then
// ends with 0, or ends with the status with which the second fails before.
class Daemon {
 public:
  // Returns in the background process only.
  static Daemon start();
  // Lets go of the terminal.
  void ready();

 private:
  FileDescriptor to_parent_;
};

// Holds the process id while it lives.
class PidFile {
 public:
  // An empty path: no file. A daemon's must be absolute.
  explicit PidFile(std::string path);
  ~PidFile();
  PidFile(const PidFile&) = delete;
  PidFile& operator=(const PidFile&) = delete;

 private:
  std::string path_;
};

// A client that goes away in the middle of a reply must not end the server.
void ignore_broken_pipes();

// 128 bits that nobody can guess.
HashKey random_hash_key();

}  // namespace isocache
