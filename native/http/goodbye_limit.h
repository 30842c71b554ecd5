// How long a connection that has said goodbye waits for the other end's goodbye.
//
// The time counts from when our bytes last got through, so a slow reader still gets all of them.
// While the server ends, this limit does not close a client that has stopped reading; the server
// does that when its drain is over.
#pragma once

#include <cstdint>

#include "native/connection/delivery_watch.h"

namespace isocache {

class GoodbyeLimit {
 public:
  void start(std::int64_t now_ms, std::int64_t limit_ms) {
    limit_ms_ = limit_ms;
    delivery_ = DeliveryWatch(now_ms);
  }
  // Bytes came from the other end.
  void heard(std::int64_t now_ms) { delivery_.heard(now_ms); }
  bool is_over(std::int64_t now_ms, int socket, bool draining) {
    delivery_.look(socket, now_ms);
    if (draining && delivery_.is_quiet(now_ms)) return true;
    if (draining && !delivery_.delivered()) return false;
    return now_ms - delivery_.progress_ms() >= limit_ms_;
  }

 private:
  std::int64_t limit_ms_ = 0;
  DeliveryWatch delivery_;
};

}  // namespace isocache
