// Executes a batch, and continues after requests whose replies are late.
#include <algorithm>

#include "base/check.h"
#include "base/inline.h"
#include "command/program_parts.h"
#include "session/session_impl.h"

namespace isocache {

// Returns false if not all of it could be executed now. Then parsing returns to the first request
// that was not.
bool Session::Impl::execute(Batch& batch) {
  if (late) [[unlikely]]
    return execute_among_late(batch, 0);
  const Executed executed = backend.execute(batch.requests(), host_clock.now_s, out, waker);
  turn_left -= executed.done;
  if (executed.done == batch.size()) [[likely]]
    return true;
  if (executed.late != kNotLate) {
    suspend(batch.requests()[executed.done], executed.late, nullptr);
    return execute_among_late(batch, executed.done + 1);
  }
  wait = out.full() ? Wait::kTurn : Wait::kMemory;
  go_back(batch.position(executed.done));
  return false;
}

// The rest of a batch, from the request `done` on.
ISOCACHE_RARE bool Session::Impl::execute_among_late(Batch& batch, std::size_t done) {
  check(replies_may_be_late());
  const std::span<Request> requests = batch.requests();
  while (done != requests.size()) {
    std::span<Request> next = requests.subspan(done);
    next = next.first(late->blocks() || late->is_full(out) ? 0 : late->independent(next));
    if (next.empty()) {
      wait = late->is_full(out) ? wait_for_room() : Wait::kLate;
      break;
    }
    const Executed executed = backend.execute(next, host_clock.now_s, tail(), waker);
    done += executed.done;
    turn_left -= std::min(turn_left, executed.done);
    if (executed.late != kNotLate) {
      suspend(requests[done], executed.late, nullptr);
      ++done;
    } else if (executed.done != next.size()) {
      wait = tail().full() ? wait_for_room() : Wait::kMemory;
      break;
    }
  }
  if (done == requests.size()) return true;
  go_back(batch.position(done));
  return false;
}

}  // namespace isocache
