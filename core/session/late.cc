// Requests whose replies come late, in a session: kept, finished, given up.
#include <algorithm>
#include <utility>

#include "base/check.h"
#include "command/program_parts.h"
#include "session/session_impl.h"

namespace isocache {
namespace {

// A request that was suspended so often is answered as a miss, because its item keeps moving.
constexpr unsigned kMostTries = 8;

// A token that no hole keeps yet. If there is no memory for one, the backend hears of it.
class NewToken {
 public:
  NewToken(Backend& backend, LateToken token, const Request& request, IncomingValue* value)
      : backend_(backend), token_(token), request_(request), value_(value) {}
  ~NewToken() {
    if (token_ == kNotLate) return;
    backend_.abandon(token_, request_, value_ == nullptr ? nullptr : &value_->upload);
  }
  NewToken(const NewToken&) = delete;
  NewToken& operator=(const NewToken&) = delete;
  LateToken take() { return std::exchange(token_, kNotLate); }

 private:
  Backend& backend_;
  LateToken token_;
  const Request& request_;
  IncomingValue* value_;
};

}  // namespace

void Session::Impl::suspend(Request& request, LateToken token,
                            std::unique_ptr<IncomingValue> value) {
  check(replies_may_be_late());
  NewToken fresh(backend, token, request, value.get());
  if (!late) late = std::make_unique<LateReplies>(options.output_limits);
  LateReply& hole = late->open(out);
  hole.opened_s = host_clock.now_s;
  if (value) {
    hole.request = value->request;  // views the value's line
    hole.large = std::move(value);
  } else {
    keep_request(request, hole);
  }
  hole.token = fresh.take();
  turn_left -= std::min<std::size_t>(turn_left, 1);
}

// The token was woken, or what it waited for may be there now.
void Session::Impl::finish_late(LateToken token) {
  if (!replies_may_be_late()) return;
  LateReply* const hole = late ? late->find(token) : nullptr;
  if (hole == nullptr) return;
  const bool waited = hole->waits == LateReply::Waits::kMemory;
  if (waited) hole->request.flags.has_waited = true;
  const bool again = hole->waits == LateReply::Waits::kAgain;
  if (!late->has_turn(*hole, out)) {
    if (again) return;
    hole->waits = LateReply::Waits::kRoom;
    // The earlier one may wait for the memory that this one has.
    if (late->is_behind_backend(*hole)) put_off(*hole);
    return;
  }
  const Executed executed =
      backend.finish(token, hole->request, hole->upload(), host_clock.now_s, hole->reply, waker);
  const bool wants_memory = executed.done == 0 && executed.late == kNotLate;
  hole->waits = wants_memory ? LateReply::Waits::kMemory : LateReply::Waits::kNo;
  if (wants_memory) return;
  if (executed.late != kNotLate) {
    hole->token = executed.late;
    if (again) hole->opened_s = host_clock.now_s;
    if (again || waited || ++hole->tries < kMostTries) return;
    backend.give_up(hole->token, hole->request, hole->upload(), host_clock.now_s, hole->reply);
  }
  fill(*hole);
}

void Session::Impl::retry_late() {
  if (!replies_may_be_late()) return;
  while (const LateReply* const hole = late ? late->find_with_room(out) : nullptr) {
    finish_late(hole->token);
  }
  if (const LateReply* const hole = late ? late->find_waiting() : nullptr) finish_late(hole->token);
  if (!late) return;
  // Whoever waits for memory does not wait for the backend, and waits as long as others do.
  late->for_each([&](LateReply& hole) {
    if (hole.waits == LateReply::Waits::kMemory) hole.opened_s = host_clock.now_s;
  });
}

void Session::Impl::put_off(LateReply& hole) {
  hole.waits = LateReply::Waits::kAgain;
  backend.put_off(hole.token, hole.request);
}

void Session::Impl::put_off_late(UnixSeconds limit_s) {
  if (!replies_may_be_late() || !late) return;
  late->for_each([&](LateReply& hole) {
    if (hole.token == kNotLate || host_clock.now_s - hole.opened_s < limit_s) return;
    if (hole.waits == LateReply::Waits::kNo || hole.waits == LateReply::Waits::kRoom) put_off(hole);
  });
  note_late();
}

std::size_t Session::Impl::give_up_late(UnixSeconds limit_s) {
  if (!replies_may_be_late() || !late) return 0;
  std::size_t given_up = 0;
  late->for_each([&](LateReply& hole) {
    if (!hole.waits_for_backend() || host_clock.now_s - hole.opened_s < limit_s) return;
    ++given_up;
    backend.give_up(hole.token, hole.request, hole.upload(), host_clock.now_s, hole.reply);
    hole.token = kNotLate;
    hole.waits = LateReply::Waits::kNo;
  });
  collect_ready();
  return given_up;
}

void Session::Impl::fill(LateReply& reply) {
  reply.token = kNotLate;
  collect_ready();
}

void Session::Impl::collect_ready() {
  late->collect_ready(out);
  if (late->empty()) late.reset();
}

}  // namespace isocache
