#include "native/tier/fault_log.h"

#include <fmt/format.h>

#include "native/base/log.h"

namespace isocache {

void FaultLog::note(std::string_view why, std::uint64_t count) {
  if (const auto text = line(why, count, Clock::now())) log_line(*text, LogLevel::kError);
}

std::optional<std::string> FaultLog::line(std::string_view why, std::uint64_t count,
                                          Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  unsaid_ += count;
  if (quiet_until_ && now < *quiet_until_) return std::nullopt;
  quiet_until_ = now + kQuiet;
  const std::uint64_t more = std::exchange(unsaid_, 0) - 1;
  return fmt::format("{}{}{}{}", what_, why.empty() ? "" : ": ", why,
                     more == 0 ? "" : fmt::format(" ({} more)", more));
}

}  // namespace isocache
