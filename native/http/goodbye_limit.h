// How long a connection that has said its last word waits for the other end's.
//
// The time counts from when our bytes last got through: a slow reader still gets all of them. While
// the server ends, one that has stopped reading may go on until the server closes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "native/net/linger.h"
#include "native/net/socket_queues.h"

namespace isocache {

class GoodbyeLimit {
 public:
  void start(std::int64_t now_ms, std::int64_t limit_ms) {
    limit_ms_ = limit_ms;
    ends_ms_ = now_ms + limit_ms;
    heard(now_ms);
  }
  // Something came from the other end.
  void heard(std::int64_t now_ms) { heard_ms_ = now_ms; }
  bool is_over(std::int64_t now_ms, int socket, bool draining) {
    if (draining && is_quiet(now_ms, socket, LingeringSockets::kQuiet_ms)) return true;
    const std::size_t before = std::exchange(unacknowledged_, unacknowledged_bytes(socket));
    if (unacknowledged_ < before) ends_ms_ = now_ms + limit_ms_;
    if (draining && unacknowledged_ != 0) return false;
    return now_ms >= ends_ms_;
  }

 private:
  // The other end has everything, and is silent: nothing is under way.
  bool is_quiet(std::int64_t now_ms, int socket, std::int64_t quiet_ms) const {
    return now_ms - heard_ms_ >= quiet_ms && unacknowledged_bytes(socket) == 0;
  }

  std::int64_t limit_ms_ = 0;
  std::int64_t ends_ms_ = 0;
  std::int64_t heard_ms_ = 0;
  std::size_t unacknowledged_ = 0;
};

}  // namespace isocache
