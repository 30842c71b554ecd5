#include "session/late_replies.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "session/session_impl.h"

namespace isocache {
namespace {

// A request that was suspended so often is answered as a miss: its item keeps moving.
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
  OutputLimits left = limits_;
  const std::size_t text = held_text(out);
  // An output of no room at all is full: it takes the reply that is begun, and no other.
  left.text_bytes = left_of(limits_.text_bytes, text);
  LateReply& hole = holes_.emplace_back();
  hole.reply = Output(limits_);
  hole.behind = Output(left);
  return hole;
}

LateReply* LateReplies::find(LateToken token) {
  const auto has_token = [token](const LateReply& hole) { return hole.token == token; };
  const auto found = std::find_if(holes_.begin(), holes_.end(), has_token);
  return token == kNotLate || found == holes_.end() ? nullptr : &*found;
}

LateReply* LateReplies::find_waiting() {
  const auto waits = [](const LateReply& hole) { return hole.waits_for_memory; };
  const auto found = std::find_if(holes_.begin(), holes_.end(), waits);
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

std::size_t LateReplies::held_text(const Output& out) const {
  std::size_t bytes = out.text_size();
  for (const LateReply& hole : holes_) bytes += hole.reply.text_size() + hole.behind.text_size();
  return bytes;
}

bool LateReplies::is_full(const Output& out) const {
  std::size_t all = out.size();
  std::size_t refs = out.ref_count();
  for (const LateReply& hole : holes_) {
    all += hole.reply.size() + hole.behind.size();
    refs += hole.reply.ref_count() + hole.behind.ref_count();
  }
  return held_text(out) >= limits_.text_bytes || all >= limits_.all_bytes || refs >= limits_.refs;
}

// ---------------------------------------------------------------- in a session

void Session::Impl::suspend(Request& request, LateToken token, std::unique_ptr<LargeValue> value) {
  if (!late) late = std::make_unique<LateReplies>(options.output_limits);
  LateReply& hole = late->open(out);
  hole.token = token;
  hole.opened_s = host_clock.now_s;
  if (value) {
    hole.request = value->request;  // views the value's line
    hole.large = std::move(value);
  } else {
    keep_request(request, hole);
  }
  turn_left -= std::min<std::size_t>(turn_left, 1);
}

// The token was woken, or its memory may be there now.
void Session::Impl::finish_late(LateToken token) {
  LateReply* const hole = late ? late->find(token) : nullptr;
  if (hole == nullptr) return;
  if (hole->waits_for_memory) hole->request.flags.has_waited = true;
  const Executed executed =
      backend.finish(token, hole->request, hole->upload(), host_clock.now_s, hole->reply, waker);
  hole->waits_for_memory = executed.done == 0 && executed.late == kNotLate;
  if (hole->waits_for_memory) return;
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
  if (const LateReply* const hole = late->find_waiting(); hole != nullptr) finish_late(hole->token);
}

std::size_t Session::Impl::give_up_late() {
  if (!late) return 0;
  std::size_t given_up = 0;
  late->for_each([&](LateReply& hole) {
    if (hole.token == kNotLate) return;
    ++given_up;
    backend.give_up(hole.token, hole.request, hole.upload(), host_clock.now_s, hole.reply);
    hole.token = kNotLate;
    hole.waits_for_memory = false;
  });
  late->collect_ready(out);
  late.reset();
  return given_up;
}

void Session::Impl::fill(LateReply& reply) {
  reply.token = kNotLate;
  late->collect_ready(out);
  if (late->empty()) late.reset();
}

}  // namespace isocache
