// What the command `watch` asks of what it acts on. The host implements it with Watchers, under a
// lock if it has several threads.
#pragma once

#include <cstdint>

#include "command/late.h"
#include "protocol/output.h"
#include "watch/stream.h"

namespace isocache {

using WatcherId = std::uint32_t;

class WatchPort {
 public:
  enum class Joined : std::uint8_t { kYes, kTooMany, kNoMemory };

  virtual ~WatchPort() = default;
  // `waker` is called with kStreamToken when there are lines, until leave().
  virtual Joined join(StreamSet streams, Waker* waker, WatcherId* id) = 0;
  // Appends the next lines, as many as fit a slice. True: there are more.
  virtual bool take(WatcherId id, Output& out) = 0;
  virtual void leave(WatcherId id) = 0;
};

}  // namespace isocache
