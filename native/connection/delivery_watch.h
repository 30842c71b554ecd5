// Tells whether the last bytes on a connection have arrived, as far as that is known of a client
// that has not confirmed it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "native/base/socket_queues.h"

namespace isocache {

class DeliveryWatch {
 public:
  // If a client has acknowledged everything and sends nothing for this long, it has nothing under
  // way.
  static constexpr std::int64_t kQuiet_ms = 500;

  explicit DeliveryWatch(std::int64_t now_ms = 0) : heard_ms_(now_ms), progress_ms_(now_ms) {}

  // Bytes came from the other end.
  void heard(std::int64_t now_ms) { heard_ms_ = now_ms; }
  // Asks the kernel. The functions below answer as of the last look.
  void look(int socket, std::int64_t now_ms) {
    const std::size_t before = std::exchange(unacknowledged_, unacknowledged_bytes(socket));
    if (unacknowledged_ < before) progress_ms_ = now_ms;
  }
  // True if the other end has everything that was sent.
  bool delivered() const { return unacknowledged_ == 0; }
  // True if the other end has everything and is silent.
  bool is_quiet(std::int64_t now_ms) const {
    return delivered() && now_ms - heard_ms_ >= kQuiet_ms;
  }
  // The last time at which fewer of our bytes were unacknowledged than at the look before.
  std::int64_t progress_ms() const { return progress_ms_; }

 private:
  std::int64_t heard_ms_;
  std::int64_t progress_ms_;
  std::size_t unacknowledged_ = 0;
};

}  // namespace isocache
