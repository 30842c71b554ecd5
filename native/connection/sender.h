// Sends an Output through a socket, and remembers how far it got.
#pragma once

#include <cstddef>

#include "protocol/output.h"

namespace isocache {

class Sender {
 public:
  // kMore: a turn's share is sent, and the socket takes more.
  enum class Result { kSent, kBlocked, kMore, kFailed };

  // The share: a client that reads as fast as we send would keep the thread to itself otherwise.
  static constexpr std::size_t kTurnBytes = 1U << 20;

  // Sends what is unsent of `output` as far as the socket takes it, kTurnBytes and one call's worth
  // at most. One system call unless the socket's buffer fills or there are very many spans.
  Result send(int fd, const Output& output);
  std::size_t sent_bytes() const { return sent_; }
  // `bytes` more are on their way, but not by send(): encrypted.
  void advance(std::size_t bytes) { sent_ += bytes; }
  // The output was cleared.
  void reset() { sent_ = 0; }

 private:
  std::size_t sent_ = 0;
};

}  // namespace isocache
