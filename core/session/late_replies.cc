#include "session/late_replies.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "session/session_impl.h"

namespace isocache {
namespace {

// A request that was suspended so often is answered as a miss, because its item keeps moving.
constexpr unsigned kMostTries = 8;

std::size_t left_of(std::size_t limit, std::size_t used) { return limit > used ? limit - used : 0; }

}  // namespace

void keep_request(const Request& request, LateReply& reply) {
  reply.request = request;
  Request& kept = reply.request;
  std::string_view* views[] = {&kept.key.bytes, &kept.wire_key, &kept.flag_text, nullptr};
  if (request.verb == Verb::kGet) kept.get.keys_to_come = {};
  if (request.verb == Verb::kStore) views[3] = &kept.store.value;
  std::size_t bytes = 0;
  for (const std::string_view* view : views) bytes += view == nullptr ? 0 : view->size();
  reply.bytes.reset(new char[bytes]);
  char* to = reply.bytes.get();
  for (std::string_view* view : views) {
    if (view == nullptr || view->empty()) continue;
    std::memcpy(to, view->data(), view->size());
    *view = {to, view->size()};
    to += view->size();
  }
}

LateReply& LateReplies::open(const Output& out) {
  const Amount held_now = held(out);
  // An output of no room at all is full: it takes the reply that is begun, and no other.
  const OutputLimits left{left_of(limits_.text_bytes, held_now.text_bytes),
                          left_of(limits_.all_bytes, held_now.all_bytes),
                          left_of(limits_.refs, held_now.refs)};
  return holes_.emplace_back(limits_, left);
}

LateReply* LateReplies::find(LateToken token) {
  const auto has_token = [token](const LateReply& hole) { return hole.token == token; };
  const auto found = std::find_if(holes_.begin(), holes_.end(), has_token);
  return token == kNotLate || found == holes_.end() ? nullptr : &*found;
}

LateReply* LateReplies::find_waiting() {
  const auto waits = [](const LateReply& hole) { return hole.waits == LateReply::Waits::kMemory; };
  const auto found = std::find_if(holes_.begin(), holes_.end(), waits);
  return found == holes_.end() ? nullptr : &*found;
}

LateReply* LateReplies::find_with_room(const Output& out) {
  const auto may_go_on = [&](const LateReply& hole) {
    return hole.waits == LateReply::Waits::kRoom && has_room(hole, out);
  };
  const auto found = std::find_if(holes_.begin(), holes_.end(), may_go_on);
  return found == holes_.end() ? nullptr : &*found;
}

void LateReplies::collect_ready(Output& out) {
  while (!holes_.empty() && holes_.front().token == kNotLate) {
    out.append(std::move(holes_.front().reply));
    out.append(std::move(holes_.front().behind));
    holes_.pop_front();
  }
}

bool LateReplies::blocks() const {
  if (holes_.size() >= limits::kMaxLateReplies) return true;
  return std::any_of(holes_.begin(), holes_.end(), [](const LateReply& hole) {
    return hole.token != kNotLate && hole.request.verb != Verb::kGet;
  });
}

std::size_t LateReplies::independent(std::span<const Request> requests) const {
  const auto depends = [this](const Request& request) {
    if (request.verb == Verb::kReply) return false;
    return std::any_of(holes_.begin(), holes_.end(), [&](const LateReply& hole) {
      return hole.token != kNotLate && hole.request.key.hash == request.key.hash;
    });
  };
  const auto first = std::find_if(requests.begin(), requests.end(), depends);
  return static_cast<std::size_t>(first - requests.begin());
}

LateReplies::Amount LateReplies::held(const Output& out) const {
  Amount amount;
  const auto add = [&amount](const Output& output) {
    amount.text_bytes += output.text_size();
    amount.all_bytes += output.size();
    amount.refs += output.ref_count();
  };
  add(out);
  for (const LateReply& hole : holes_) {
    add(hole.reply);
    add(hole.behind);
  }
  return amount;
}

bool LateReplies::is_full(const Output& out) const {
  const Amount amount = held(out);
  return amount.text_bytes >= limits_.text_bytes || amount.all_bytes >= limits_.all_bytes ||
         amount.refs >= limits_.refs;
}

// ---------------------------------------------------------------- in a session

void Session::Impl::suspend(Request& request, LateToken token, std::unique_ptr<LargeValue> value) {
  if (!late) late = std::make_unique<LateReplies>(options.output_limits);
  LateReply& hole = late->open(out);
  hole.token = token;
  if (value) {
    hole.request = value->request;  // views the value's line
    hole.large = std::move(value);
  } else {
    keep_request(request, hole);
  }
  turn_left -= std::min<std::size_t>(turn_left, 1);
}

// The token was woken, or what it waited for may be there now.
void Session::Impl::finish_late(LateToken token) {
  LateReply* const hole = late ? late->find(token) : nullptr;
  if (hole == nullptr) return;
  if (hole->waits == LateReply::Waits::kMemory) hole->request.flags.has_waited = true;
  if (!late->has_room(*hole, out)) {
    hole->waits = LateReply::Waits::kRoom;
    return;
  }
  const Executed executed =
      backend.finish(token, hole->request, hole->upload(), host_clock.now_s, hole->reply, waker);
  const bool wants_memory = executed.done == 0 && executed.late == kNotLate;
  hole->waits = wants_memory ? LateReply::Waits::kMemory : LateReply::Waits::kNo;
  if (wants_memory) return;
  if (executed.late == kNotLate) {
    fill(*hole);
  } else if (++hole->tries < kMostTries) {
    hole->token = executed.late;
  } else {
    backend.give_up(executed.late, hole->request, hole->upload(), host_clock.now_s, hole->reply);
    fill(*hole);
  }
}

void Session::Impl::retry_late() {
  while (const LateReply* const hole = late ? late->find_with_room(out) : nullptr) {
    finish_late(hole->token);
  }
  if (const LateReply* const hole = late ? late->find_waiting() : nullptr) finish_late(hole->token);
}

void Session::Impl::give_up_late() {
  if (!late) return;
  late->for_each([this](LateReply& hole) {
    if (hole.token == kNotLate) return;
    backend.give_up(hole.token, hole.request, hole.upload(), host_clock.now_s, hole.reply);
    hole.token = kNotLate;
    hole.waits = LateReply::Waits::kNo;
  });
  late->collect_ready(out);
  late.reset();
}

void Session::Impl::fill(LateReply& reply) {
  reply.token = kNotLate;
  late->collect_ready(out);
  if (late->empty()) late.reset();
}

}  // namespace isocache
