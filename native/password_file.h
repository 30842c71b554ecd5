// -Y: users and passwords, from a file of lines "user:password".
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "session/authenticator.h"

namespace isocache {

class PasswordFile : public Authenticator {
 public:
  // Reads it. Throws UsageError: unreadable, empty, a bad line.
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
