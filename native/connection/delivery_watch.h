// Whether the last words on a connection have arrived. It is what may be known of a client that has
// said nothing about it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "native/base/socket_queues.h"

namespace isocache {

class DeliveryWatch {
 public:
  // A client that has acknowledged everything and sends nothing for this long has nothing under
  // way.
  static constexpr std::int64_t kQuiet_ms = 500;

  explicit DeliveryWatch(std::int64_t now_ms = 0) : heard_ms_(now_ms), progress_ms_(now_ms) {}

  // Something came from the other end.
  void heard(std::int64_t now_ms) { heard_ms_ = now_ms; }
  // Asks the kernel. The rest is as of the last look.
  void look(int socket, std::int64_t now_ms) {
    const std::size_t before = std::exchange(unacknowledged_, unacknowledged_bytes(socket));
    if (unacknowledged_ < before) progress_ms_ = now_ms;
  }
  // The other end has everything that was sent.
  bool delivered() const { return unacknowledged_ == 0; }
  // And it is silent.
  bool is_quiet(std::int64_t now_ms) const {
    return delivered() && now_ms - heard_ms_ >= kQuiet_ms;
  }
  // When less of ours was unacknowledged than at the look before.
  std::int64_t progress_ms() const { return progress_ms_; }

 private:
  std::int64_t heard_ms_;
  std::int64_t progress_ms_;
  std::size_t unacknowledged_ = 0;
};

}  // namespace isocache
