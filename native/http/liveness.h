// Whether the other end of a WebSocket is still there: one that is silent is asked (a ping), and
// given up when it does not answer.
#pragma once

#include <cstdint>
#include <utility>

#include "native/base/tcp_progress.h"
#include "native/http/http_limits.h"

namespace isocache {

class Liveness {
 public:
  enum class Next : std::uint8_t { kNothing, kPing, kGiveUp };

  // Something came.
  void heard(std::int64_t now_ms) {
    heard_ms_ = now_ms;
    pinged_ = false;
  }
  void pinged() { pinged_ = true; }
  // We do not read while a reply is stuck, and hear no pong. But TCP tells whether it gets through.
  void look_at_stuck_reply(int socket, std::int64_t now_ms) {
    const std::uint64_t before = std::exchange(acknowledged_, bytes_acknowledged(socket));
    if (acknowledged_ != before) heard(now_ms);
  }
  Next next(std::int64_t now_ms, const HttpTimes& times) const {
    const std::int64_t silent_ms = now_ms - heard_ms_;
    if (silent_ms >= times.dead) return Next::kGiveUp;
    return silent_ms >= times.ping && !pinged_ ? Next::kPing : Next::kNothing;
  }

 private:
  std::int64_t heard_ms_ = 0;  // when anything last came
  bool pinged_ = false;        // since then
  std::uint64_t acknowledged_ = 0;
};

}  // namespace isocache
