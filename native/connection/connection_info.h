// What `stats conns` shows of a connection.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.h"

namespace isocache {

// Written by the connection's own thread, read by any.
class ConnectionInfo {
 public:
  enum class State : std::uint8_t {
    kReading,    // waits for a command
    kReceiving,  // waits for the rest of a value
    kExecuting,
    kWriting,
    kWatching,
  };

  ConnectionInfo(int descriptor, UnixSeconds now_s) : fd(descriptor), last_active_s_(now_s) {}
  State state() const { return state_.load(std::memory_order_relaxed); }
  UnixSeconds last_active_s() const { return last_active_s_.load(std::memory_order_relaxed); }
  void set_state(State state) { state_.store(state, std::memory_order_relaxed); }
  void set_last_active(UnixSeconds now_s) {
    last_active_s_.store(now_s, std::memory_order_relaxed);
  }
  // True if no bytes have come or gone for more than a second: earlier bytes have arrived.
  bool is_quiet(UnixSeconds now_s) const { return now_s - last_active_s() > kQuiet_s; }

  const int fd;

 private:
  // A clock of seconds has to advance by two before more than one second has surely passed.
  static constexpr UnixSeconds kQuiet_s = 1;

  std::atomic<UnixSeconds> last_active_s_;
  std::atomic<State> state_{State::kReading};
};

}  // namespace isocache
