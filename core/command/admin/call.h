// One administrative command while it is executed: its arguments, what it acts on, and its reply.
// For the commands of this folder and for those that a host registers.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

#include "command/admin/target.h"
#include "protocol/output.h"
#include "protocol/tokens.h"

namespace isocache {

class AdminCall {
 public:
  AdminCall(std::string_view argument_text, AdminTarget& on, const Clock& now, Output& reply_to,
            Waker* to_wake)
      : target(on),
        host_clock(now),
        now_s(now.now_s),
        waker(to_wake),
        out_(reply_to),
        arguments_(argument_text) {
    Tokens tokens(argument_text);
    for (std::string_view token = tokens.next(); !token.empty(); token = tokens.next()) {
      if (count_ < kMaxTokens) tokens_[count_] = token;
      ++count_;
      quiet_ = token == "noreply";
    }
  }

  // The arguments after the command's name. token() is empty beyond the last argument.
  std::size_t count() const { return count_; }
  std::string_view token(std::size_t i) const {
    return i < kMaxTokens ? tokens_[i] : std::string_view();
  }

  // All of them, for a command that takes any number.
  std::string_view arguments() const { return arguments_; }

  void reply(std::string_view text) { out_.append(text); }
  // For commands that accept noreply as the last argument.
  void reply_unless_quiet(std::string_view text) {
    if (!quiet_) out_.append(text);
  }
  Output& out() { return out_; }

  // Call it after the command has changed a setting.
  void tell_settings_changed() { target.host().on_settings_changed(target.settings()); }

  AdminTarget& target;
  const Clock host_clock;
  const UnixSeconds now_s;
  Waker* const waker;  // for the stream in the result
  AdminResult result;

 private:
  static constexpr std::size_t kMaxTokens = 8;
  Output& out_;
  std::string_view arguments_;
  std::string_view tokens_[kMaxTokens];
  std::size_t count_ = 0;
  bool quiet_ = false;
};

void run_stats(AdminCall& call);        // stats.cc
void run_lru_crawler(AdminCall& call);  // crawler.cc
void run_lru(AdminCall& call);          // tuning.cc
void run_slabs(AdminCall& call);
void run_extstore(AdminCall& call);
void run_watch(AdminCall& call);  // watch.cc

}  // namespace isocache
