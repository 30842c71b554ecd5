#include "command/tiering/cold_reads.h"

#include <algorithm>

#include "base/check.h"
#include "command/program_parts.h"

namespace isocache {

void ColdRead::on_done(bool succeeded) { owner.ended(*this, succeeded); }

ColdRead* ColdReads::join(const Key& key, const TierEntry& entry) {
  auto& place = reads_[key.hash];
  // The record lies elsewhere by now, or the keys collide. Whoever waits for it will ask again.
  if (place && (place->entry.location != entry.location || place->name != key.bytes)) {
    orphans_.push_back(std::move(place));
  }
  if (!place) {
    place = std::make_unique<ColdRead>(*this, key, entry);
    start(*place);
  }
  return place.get();
}

bool ColdReads::stalled() {
  if (!stands_still()) return false;
  if (tried_at_s_ == now_s_ || in_flight_ >= max_in_flight_) return true;
  tried_at_s_ = now_s_;
  return false;
}

void ColdReads::start(ColdRead& read) {
  if (replies_may_be_late() && in_flight_ >= max_in_flight_) {
    queue_.push_back(&read);
    return;
  }
  begin(read, log_->plan(read.entry.location, read.entry.length_code));
  if (replies_may_be_late() && read.state == ColdRead::State::kQueued) queue_.push_back(&read);
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
      continues(read);
      break;
    case IoStatus::kReadFailed: ++failed_; break;
    case IoStatus::kFailed:
      ++refused_;
      // The reads that are under way hold memory of the device, and places in its queue. When one
      // of them ends, there is room. If there are none, nothing would begin this one again.
      read.state = in_flight_ > 0 ? ColdRead::State::kQueued : ColdRead::State::kRefused;
      break;
  }
}

// A long record is read in two steps. True: the second one is under way.
bool ColdReads::continues(ColdRead& read) {
  const tier::ReadResult result = log_->find_in(read.plan, read.data(), read.name);
  if (result.status != tier::ReadStatus::kReadMore) return false;
  device_.release(read);
  begin(read, result.more);
  return read.state == ColdRead::State::kReading;
}

void ColdReads::ended(ColdRead& read, bool succeeded) {
  check(replies_may_be_late());
  --in_flight_;
  ++ended_;
  read.state = succeeded ? ColdRead::State::kDone : ColdRead::State::kFailed;
  failed_ += succeeded ? 0 : 1;
  if (succeeded && continues(read)) return;
  if (read.state == ColdRead::State::kQueued) return queue_.push_front(&read);
  for (const ColdRead::Waiting& one : read.waiting) one.waker->wake(one.token);
  let_go(read);
  start_queued();
}

void ColdReads::start_queued() {
  while (!queue_.empty() && in_flight_ < max_in_flight_) {
    ColdRead& read = *queue_.front();
    queue_.pop_front();
    begin(read, log_->plan(read.entry.location, read.entry.length_code));
    if (read.state == ColdRead::State::kQueued) return queue_.push_front(&read);
    if (!read.ended()) continue;
    for (const ColdRead::Waiting& one : read.waiting) one.waker->wake(one.token);
    let_go(read);
  }
}

LateToken ColdReads::wait_for(ColdRead& read, Waker* waker) {
  check(replies_may_be_late());
  last_token_ += tokens_step_;
  read.waiting.push_back({last_token_, waker});
  tokens_[last_token_] = &read;
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

void ColdReads::let_go(ColdRead& read) {
  if (!read.waiting.empty() || read.users != 0 || read.state == ColdRead::State::kReading) return;
  if (replies_may_be_late() && read.state == ColdRead::State::kQueued) {
    queue_.erase(std::find(queue_.begin(), queue_.end(), &read));
  }
  destroy(read);
}

void ColdReads::destroy(ColdRead& read) {
  if (read.state == ColdRead::State::kDone) device_.release(read);
  const auto found = reads_.find(read.hash);
  if (found != reads_.end() && found->second.get() == &read) {
    reads_.erase(found);
    return;
  }
  std::erase_if(orphans_, [&](const auto& orphan) { return orphan.get() == &read; });
}

}  // namespace isocache
