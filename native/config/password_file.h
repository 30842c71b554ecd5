// -Y: users and passwords, from a file of lines "user:password", as memcached reads it: the first
// colon separates, there are no comments and no empty lines, a user may have several passwords.
//
// What is kept is a digest of each pair, keyed with random bytes of this process. check() makes the
// digest of what it was given and compares it with all of them, in constant time: it does the same
// work whichever byte is wrong, and whether or not the user exists.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "session/authenticator.h"

namespace isocache {

class PasswordFile : public Authenticator {
 public:
  static constexpr std::size_t kMaxFileBytes = 1U << 20;
  static constexpr std::size_t kMaxUsers = 1000;  // each costs a comparison a login

  // Reads it. Throws UsageError: unreadable, empty, too large, a bad line. The text names file and
  // line, and nothing of what is in it. Warns on the log of a file that others may read.
  explicit PasswordFile(std::string path);
  ~PasswordFile() override;

  // Reads it again; what was in force stays in force if that fails. Null when it went well, else
  // why not (valid until the next call). Any thread, one at a time.
  const char* reload();

  bool check(std::string_view user, std::string_view password) const override;

  std::uint64_t successes() const { return successes_.load(std::memory_order_relaxed); }
  std::uint64_t failures() const { return failures_.load(std::memory_order_relaxed); }

 private:
  struct Users;
  std::string path_;
  std::string error_;
  std::shared_ptr<const Users> users_;  // replaced as a whole, by std::atomic_store
  mutable std::atomic<std::uint64_t> successes_{0};
  mutable std::atomic<std::uint64_t> failures_{0};
};

}  // namespace isocache
