// Checks whether the other end of a WebSocket is still there. A silent end gets a ping, and is
// given up if it does not answer.
#pragma once

#include <cstdint>
#include <utility>

#include "native/base/tcp_progress.h"
#include "native/http/http_limits.h"

namespace isocache {

class Liveness {
 public:
  enum class Next : std::uint8_t { kNothing, kPing, kGiveUp };

  // Bytes came from the other end.
  void heard(std::int64_t now_ms) {
    heard_ms_ = now_ms;
    pinged_ = false;
  }
  void pinged() { pinged_ = true; }
  // While a reply is stuck we do not read, so we hear no pong. But TCP tells whether the reply gets
  // through.
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
