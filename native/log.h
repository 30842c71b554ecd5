// Lines on stderr. How much is said is the user's verbosity (-v, -vv, or the verbosity command).
#pragma once

#include <atomic>
#include <string_view>

namespace isocache {

// Written in one piece, so that threads' lines do not mix.
void log_line(std::string_view line);

// Shared by all threads; changed by the verbosity command.
class Verbosity {
 public:
  void set(unsigned level) { level_.store(level, std::memory_order_relaxed); }
  // -v: what an operator may want to know. -vv: connections and commands.
  bool notes() const { return level_.load(std::memory_order_relaxed) >= 1; }
  bool traffic() const { return level_.load(std::memory_order_relaxed) >= 2; }

 private:
  std::atomic<unsigned> level_{0};
};

// At -vv, as memcached prints them: "<27 get foo" and ">27 END". Only the first line of what came
// in one read or leaves in one write.
void log_traffic(char direction, int fd, std::string_view bytes);

}  // namespace isocache
