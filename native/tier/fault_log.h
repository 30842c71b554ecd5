// What the log says about one kind of fault: the first one at once, then a line every ten seconds
// at most, which says how many there were meanwhile.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace isocache {

class FaultLog {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kQuiet{10};

  // `what` begins each line: "ext_path FILE: a read failed".
  explicit FaultLog(std::string what) : what_(std::move(what)) {}

  // Any thread. `why` may be empty.
  void note(std::string_view why, std::uint64_t count = 1);
  // What note() would log at this time; none: it is too early.
  std::optional<std::string> line(std::string_view why, std::uint64_t count, Clock::time_point now);

 private:
  const std::string what_;
  std::mutex mutex_;
  std::uint64_t unsaid_ = 0;
  std::optional<Clock::time_point> quiet_until_;
};

}  // namespace isocache
