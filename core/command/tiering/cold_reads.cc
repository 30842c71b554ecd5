#include "command/tiering/cold_reads.h"

#include <algorithm>

#include "base/check.h"
#include "command/program_parts.h"

namespace isocache {
namespace {

// So long the device may have no memory for any read of this shard, while others have it. Less than
// a session waits for a reply.
constexpr UnixSeconds kRefusedFor_s = 2;

// While reads hang, one more is tried after so long, then after twice as long, and so on. Nothing
// is lost by it: as soon as one of those that hang has ended, all are tried again.
constexpr UnixSeconds kFirstTryAfter_s = 5;
constexpr UnixSeconds kMostTryAfter_s = 60;

}  // namespace

void ColdRead::on_done(bool succeeded) noexcept { owner.ended(*this, succeeded); }

void ColdReadQueue::put(ColdRead& read, ColdRead* before, ColdRead* behind) {
  read.before_ = before;
  read.behind_ = behind;
  (before != nullptr ? before->behind_ : first_) = &read;
  (behind != nullptr ? behind->before_ : last_) = &read;
  ++size_;
}

void ColdReadQueue::erase(ColdRead& read) {
  (read.before_ != nullptr ? read.before_->behind_ : first_) = read.behind_;
  (read.behind_ != nullptr ? read.behind_->before_ : last_) = read.before_;
  --size_;
}

// What may throw comes first: a read is in the map exactly while it has begun or waits to begin.
ColdRead* ColdReads::join(const Key& key, const TierEntry& entry) {
  const auto found = reads_.find(key.hash);
  if (found != reads_.end() && found->second->entry.location == entry.location &&
      found->second->name == key.bytes) {
    return found->second.get();
  }
  auto made = std::make_unique<ColdRead>(*this, key, entry);
  ColdRead& read = *made;
  if (found != reads_.end()) {
    // The record lies elsewhere by now, or the keys collide. Whoever waits for it will ask again.
    orphans_.push_back(std::move(found->second));
    found->second = std::move(made);
  } else {
    reads_[key.hash] = std::move(made);
  }
  start(read);
  return &read;
}

void ColdReads::on_time(UnixSeconds now_s) {
  now_s_ = now_s;
  watch_.on_time(now_s, in_flight_ != 0, ended_);
  if (!is_starved()) {
    not_starved_at_s_ = now_s;
  } else if (now_s >= not_starved_at_s_ + kRefusedFor_s) {
    refuse_queued();
  }
}

bool ColdReads::stalled() {
  if (!stands_still()) return false;
  const bool begins = try_after_s_ == 0;
  if (!begins && now_s_ - tried_at_s_ < try_after_s_) return true;
  if (in_flight_ >= max_in_flight_) return true;
  tried_at_s_ = now_s_;
  try_after_s_ = begins ? kFirstTryAfter_s : std::min(2 * try_after_s_, kMostTryAfter_s);
  return begins;
}

void ColdReads::start(ColdRead& read) {
  if (replies_may_be_late() && in_flight_ >= max_in_flight_) {
    queue_.push_back(read);
    return;
  }
  begin(read, log_->plan(read.entry.location, read.entry.length_code));
  if (replies_may_be_late() && read.state == ColdRead::State::kQueued) queue_.push_back(read);
}

void ColdReads::begin(ColdRead& read, const tier::ReadPlan& plan) {
  read.plan = plan;
  read.state = ColdRead::State::kFailed;
  if (!plan) return;
  switch (device_.begin_read(plan.offset, plan.bytes, read)) {
    case IoStatus::kPending:
      check(replies_may_be_late());
      read.state = ColdRead::State::kReading;
      ++in_flight_;
      break;
    case IoStatus::kDone:
      read.state = ColdRead::State::kDone;
      ++held_;
      continues(read);
      break;
    case IoStatus::kReadFailed: ++failed_; break;
    // Others hold memory of the device, or places in its queue. When they give it back, there is
    // room: see destroy() and step().
    case IoStatus::kFailed:
      read.state = replies_may_be_late() ? ColdRead::State::kQueued : ColdRead::State::kRefused;
      refused_ += read.state == ColdRead::State::kRefused ? 1 : 0;
      break;
  }
}

// A long record is read in two steps. True: the second one is under way.
bool ColdReads::continues(ColdRead& read) {
  read.result = log_->find_in(read.plan, read.data(), read.name);
  if (read.result.status != tier::ReadStatus::kReadMore) return false;
  device_.release(read);
  --held_;
  begin(read, tier::ReadPlan(read.result.more));
  return read.state == ColdRead::State::kReading;
}

void ColdReads::ended(ColdRead& read, bool succeeded) {
  check(replies_may_be_late());
  --in_flight_;
  ++ended_;
  try_after_s_ = 0;
  read.state = succeeded ? ColdRead::State::kDone : ColdRead::State::kFailed;
  failed_ += succeeded ? 0 : 1;
  held_ += succeeded ? 1 : 0;
  if (succeeded && continues(read)) return;
  if (read.state == ColdRead::State::kQueued) return queue_.push_front(read);
  wake_all(read);
  let_go(read);
  start_queued();
}

void ColdReads::wake_all(const ColdRead& read) {
  for (const ColdRead::Waiting& one : read.waiting) one.waker->wake(one.token);
}

void ColdReads::start_queued() {
  while (!queue_.empty() && in_flight_ < max_in_flight_) {
    ColdRead& read = queue_.front();
    queue_.erase(read);
    begin(read, log_->plan(read.entry.location, read.entry.length_code));
    if (read.state == ColdRead::State::kQueued) return queue_.push_front(read);
    if (!read.ended()) continue;
    wake_all(read);
    let_go(read);
  }
}

void ColdReads::refuse_queued() {
  while (!queue_.empty()) {
    ColdRead& read = queue_.front();
    queue_.erase(read);
    read.state = ColdRead::State::kRefused;
    ++refused_;
    wake_all(read);
    let_go(read);
  }
}

LateToken ColdReads::wait_for(ColdRead& read, Waker* waker) {
  check(replies_may_be_late());
  last_token_ += tokens_step_;
  // First the room, so that the token is either in both places or in none.
  constexpr std::size_t kFirst = 2;
  const std::size_t count = read.waiting.size();
  if (count == read.waiting.capacity()) read.waiting.reserve(std::max(kFirst, 2 * count));
  tokens_[last_token_] = &read;
  read.waiting.push_back({last_token_, waker});
  return last_token_;
}

ColdRead* ColdReads::take(LateToken token) {
  if (!replies_may_be_late()) return nullptr;
  const auto found = tokens_.find(token);
  if (found == tokens_.end()) return nullptr;
  ColdRead& read = *found->second;
  tokens_.erase(found);
  std::erase_if(read.waiting, [&](const ColdRead::Waiting& one) { return one.token == token; });
  return &read;
}

bool ColdReads::leave(LateToken token) {
  ColdRead* const read = take(token);
  if (read == nullptr) return false;
  let_go(*read);
  return true;
}

void ColdReads::let_go(ColdRead& read) {
  if (!read.waiting.empty() || read.users != 0 || read.state == ColdRead::State::kReading) return;
  if (replies_may_be_late() && read.state == ColdRead::State::kQueued) {
    queue_.erase(read);
  }
  destroy(read);
}

void ColdReads::destroy(ColdRead& read) {
  const bool held = read.state == ColdRead::State::kDone;
  if (held) {
    device_.release(read);
    --held_;
  }
  const auto found = reads_.find(read.hash);
  if (found != reads_.end() && found->second.get() == &read) {
    reads_.erase(found);
  } else {
    std::erase_if(orphans_, [&](const auto& orphan) { return orphan.get() == &read; });
  }
  if (replies_may_be_late() && held) start_queued();
}

}  // namespace isocache
