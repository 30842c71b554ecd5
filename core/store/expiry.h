// Finds expired items in the background, so that they do not keep their memory until somebody asks
// for them or eviction meets them. A segment knows a lower bound of its items' exptimes, so a
// segment without expired items is passed over at once.
#pragma once

#include "store/evictor.h"
#include "store/figures.h"
#include "store/index.h"
#include "store/log.h"

namespace isocache {

class Expiry {
 public:
  Expiry(Log& log, Index& index, Evictor& evictor, StoreCounters& counters, bool maintains_ends)
      : log_(log),
        index_(index),
        evictor_(evictor),
        counters_(counters),
        maintains_ends_(maintains_ends) {}

  // Looks at a bounded number of the next segments, and stops after one with expired items. True:
  // there is more to do at once.
  bool step();

 private:
  void expire_segment(SegmentId id);

  Log& log_;
  Index& index_;
  Evictor& evictor_;
  StoreCounters& counters_;
  const bool maintains_ends_;
  SegmentId cursor_ = 1;
};

}  // namespace isocache
