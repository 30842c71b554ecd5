// Sends an Output through a socket, and remembers how far it got.
#pragma once

#include <cstddef>

#include "protocol/output.h"

namespace isocache {

class Sender {
 public:
  enum class Result { kSent, kBlocked, kFailed };

  // Sends what is unsent of `output` as far as the socket takes it. One system call unless the
  // socket's buffer fills or there are very many spans.
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
