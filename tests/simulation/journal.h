// The events before a failure, for its report: the last events, and the failure itself.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace isocache::simulation {

// Counts the begins and ends of turns: the order in which things can have happened.
using Time = std::uint64_t;
inline constexpr Time kNever = ~Time{0};
struct Interval {
  Time begin = 0;
  Time end = 0;
};

inline constexpr unsigned kNobody = ~0U;

class Journal {
 public:
  // `ignored`: a failure whose text contains one of these words does not count.
  Journal(bool trace, std::span<const std::string> ignored) : trace_(trace), ignored_(ignored) {}

  Time now() const { return now_; }
  Time next() { return ++now_; }

  void note(const char* what, unsigned connection = kNobody, std::uint64_t a = 0,
            std::uint64_t b = 0);
  // The first failure counts. The rest of the run does nothing.
  void fail(const std::string& what);
  bool failed() const { return !failure_.empty(); }
  const std::string& failure() const { return failure_; }
  void print_last_events() const;

  std::uint64_t seed = 0;
  std::string plan;  // what the seed decided, in words
  std::uint64_t step = 0;

 private:
  struct Event {
    std::uint64_t step = 0;
    Time time = 0;
    const char* what = nullptr;
    unsigned connection = kNobody;
    std::uint64_t a = 0;
    std::uint64_t b = 0;
  };
  static void print(const Event& event);

  bool trace_;
  std::span<const std::string> ignored_;
  Time now_ = 1;
  std::array<Event, 60> events_;
  std::size_t count_ = 0;
  std::string failure_;
};

}  // namespace isocache::simulation
