// Drops the items of flushed prefixes in the background: goes over all segments that were opened
// before the newest flush. When it has passed the last one, what was flushed before it began hides
// nothing any more.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/clock.h"
#include "store/evictor.h"
#include "store/flushed_prefixes.h"
#include "store/index.h"
#include "store/log.h"

namespace isocache {

class PrefixSweep {
 public:
  PrefixSweep(Log& log, Index& index, Evictor& evictor, FlushedPrefixes& prefixes)
      : log_(log), index_(index), evictor_(evictor), prefixes_(prefixes) {}

  // Looks at a bounded number of records and segments. True: there is more to do at once. At most
  // one sweep begins in kPause_s, however often something is flushed.
  bool step();
  // All items are gone.
  void cancel() { up_to_ = 0; }

  static constexpr UnixSeconds kPause_s = 10;

 private:
  void begin();
  void end();
  bool look_at_next();
  void drop_if_hidden(Location location);

  Log& log_;
  Index& index_;
  Evictor& evictor_;
  FlushedPrefixes& prefixes_;
  std::uint64_t up_to_ = 0;  // the mark that this sweep is for; 0: there is none
  SegmentId segment_ = 0;
  std::size_t offset_ = 0;  // of the next record; records do not move within a segment
  UnixSeconds ended_s_ = 0;
};

}  // namespace isocache
