// Sends an Output through a socket, and remembers how far it got.
#pragma once

#include <cstddef>

#include "protocol/output.h"

namespace isocache {

class Sender {
 public:
  // kMore: a turn's share is sent, and the socket takes more.
  enum class Result { kSent, kBlocked, kMore, kFailed };

  // The share of a turn. Without it, a client that reads as fast as we send would keep the thread
  // to itself.
  static constexpr std::size_t kTurnBytes = 1U << 20;

  // Sends the unsent part of `output` as far as the socket takes it, but at most kTurnBytes and one
  // call's worth. Makes one system call, unless the socket's buffer fills or there are very many
  // spans.
  Result send(int fd, const Output& output);
  std::size_t sent_bytes() const { return sent_; }
  // `bytes` more bytes were sent, but not by send(): encrypted.
  void advance(std::size_t bytes) { sent_ += bytes; }
  // The output was cleared.
  void reset() { sent_ = 0; }

 private:
  std::size_t sent_ = 0;
};

}  // namespace isocache
