// -Y: users and passwords, from a file of lines "user:password", as memcached reads it. The first
// colon separates. There are no comments and no empty lines. A user may have several passwords.
//
// It keeps a digest of each pair, keyed with random bytes of this process. check() computes the
// digest of the given pair and compares it with all of them, in constant time: it does the same
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
  static constexpr std::size_t kMaxUsers = 1000;  // each costs a comparison for each login

  // Reads the file. Throws UsageError: unreadable, empty, too large, a bad line. The text names the
  // file and the line, and quotes nothing from the file. Logs a warning if other users may read the
  // file.
  explicit PasswordFile(std::string path);
  ~PasswordFile() override;

  // Reads the file again. If that fails, the previous passwords stay in force. Returns null on
  // success, otherwise the reason (valid until the next call). Any thread, one at a time.
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
