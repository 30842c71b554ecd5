// One victim from its choice to its end, at once. For inspection.h: make_room() does it bit by bit.
#include "store/evictor.h"

namespace isocache {

Evictor::Victim Evictor::next_victim() {
  begin_call();
  if (victim_ == 0 && !choose_victim()) return {};
  return {victim_, mode_, offset_};
}

bool Evictor::empty_victim() {
  while (victim_ != 0) process(kBatchBytes);
  return !gave_up_;
}

}  // namespace isocache
