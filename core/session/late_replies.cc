#include "session/late_replies.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace isocache {
namespace {

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
  return *holes_.emplace_back(std::make_unique<LateReply>(limits_, left));
}

template <typename Condition>
LateReply* LateReplies::find_if(Condition&& condition) const {
  for (const auto& hole : holes_) {
    if (condition(*hole)) return hole.get();
  }
  return nullptr;
}

LateReply* LateReplies::find(LateToken token) {
  if (token == kNotLate) return nullptr;
  return find_if([token](const LateReply& hole) { return hole.token == token; });
}

LateReply* LateReplies::find_waiting() {
  return find_if([](const LateReply& hole) { return hole.waits == LateReply::Waits::kMemory; });
}

LateReply* LateReplies::find_with_room(const Output& out) {
  return find_if(
      [&](const LateReply& hole) { return hole.waits_for_room() && has_turn(hole, out); });
}

bool LateReplies::is_behind_backend(const LateReply& hole) const {
  const LateReply* const first =
      find_if([&](const LateReply& one) { return one.waits_for_backend() || &one == &hole; });
  return first != &hole;
}

std::optional<UnixSeconds> LateReplies::since_s() const {
  const LateReply* const oldest =
      find_if([](const LateReply& hole) { return hole.waits_for_backend(); });
  if (oldest == nullptr) return std::nullopt;
  return oldest->opened_s;
}

bool LateReplies::has_pins() const {
  return find_if([](const LateReply& hole) {
           return hole.reply.has_pins() || hole.behind.has_pins();
         }) != nullptr;
}

void LateReplies::collect_ready(Output& out) {
  std::size_t ready = 0;
  for (; ready != holes_.size() && holes_[ready]->token == kNotLate; ++ready) {
    out.append(std::move(holes_[ready]->reply));
    out.append(std::move(holes_[ready]->behind));
  }
  holes_.erase(holes_.begin(), holes_.begin() + static_cast<std::ptrdiff_t>(ready));
}

bool LateReplies::blocks() const {
  if (holes_.size() >= limits::kMaxLateReplies) return true;
  return find_if([](const LateReply& hole) {
           return hole.token != kNotLate && hole.request.verb != Verb::kGet;
         }) != nullptr;
}

std::size_t LateReplies::independent(std::span<const Request> requests) const {
  const auto depends = [this](const Request& request) {
    if (request.verb == Verb::kReply) return false;
    return find_if([&](const LateReply& hole) {
             return hole.token != kNotLate && hole.request.key.hash == request.key.hash;
           }) != nullptr;
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
  for (const auto& hole : holes_) {
    add(hole->reply);
    add(hole->behind);
  }
  return amount;
}

bool LateReplies::is_full(const Output& out) const {
  const Amount amount = held(out);
  return amount.text_bytes >= limits_.text_bytes || amount.all_bytes >= limits_.all_bytes ||
         amount.refs >= limits_.refs;
}

}  // namespace isocache
