// Reads of records from the device. Requests for one record share a read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/key.h"
#include "command/late.h"
#include "command/tiering/small_map.h"
#include "command/tiering/stall_watch.h"
#include "tier/device.h"
#include "tier/page_log.h"
#include "tier/tier_entry.h"

namespace isocache {

class ColdReads;

struct ColdRead final : DeviceRead {
  enum class State : std::uint8_t {
    kQueued,
    kReading,
    kDone,
    kFailed,
    kRefused,  // the device has had no memory for it
  };
  struct Waiting {
    LateToken token;
    Waker* waker;
  };

  ColdRead(ColdReads& its_owner, const Key& its_key, const TierEntry& its_entry)
      : owner(its_owner), name(its_key.bytes), hash(its_key.hash), entry(its_entry) {}
  void on_done(bool succeeded) noexcept override;
  bool ended() const { return state != State::kQueued && state != State::kReading; }

  ColdReads& owner;
  std::string name;
  std::uint64_t hash;
  TierEntry entry;
  tier::ReadPlan plan;
  tier::ReadResult result;  // what was in the bytes when the read had ended
  State state = State::kQueued;
  unsigned users = 0;  // who looks at the bytes now
  std::vector<Waiting> waiting;

 private:
  friend class ColdReadQueue;
  ColdRead* before_ = nullptr;
  ColdRead* behind_ = nullptr;
};

// Reads in a row. None of its functions needs memory.
class ColdReadQueue {
 public:
  bool empty() const { return first_ == nullptr; }
  std::size_t size() const { return size_; }
  ColdRead& front() const { return *first_; }
  void push_front(ColdRead& read) { put(read, nullptr, first_); }
  void push_back(ColdRead& read) { put(read, last_, nullptr); }
  void erase(ColdRead& read);

 private:
  void put(ColdRead& read, ColdRead* before, ColdRead* behind);

  ColdRead* first_ = nullptr;
  ColdRead* last_ = nullptr;
  std::size_t size_ = 0;
};

class ColdReads {
 public:
  // REQUIRES: `device` outlives it. `tokens_begin`, `tokens_step`: no two shards give one token.
  ColdReads(Device& device, std::size_t max_in_flight, LateToken tokens_begin,
            LateToken tokens_step)
      : device_(device),
        max_in_flight_(max_in_flight),
        last_token_(tokens_begin),
        tokens_step_(tokens_step) {}
  ColdReads(const ColdReads&) = delete;
  ColdReads& operator=(const ColdReads&) = delete;

  void attach(tier::PageLog& log) { log_ = &log; }

  // The read of this record that is under way or has ended; or begins one. Null: it cannot be read.
  ColdRead* join(const Key& key, const TierEntry& entry);
  // The token is woken when the read has ended.
  LateToken wait_for(ColdRead& read, Waker* waker);
  // The read that the token waits for, which it does not any longer. Null: it waits for none.
  ColdRead* take(LateToken token);
  // Ends the token, and the read if nobody else waits for it. False: it waits for none.
  bool leave(LateToken token);
  // Holds a read while its bytes are in use. Each use() needs an end_use(); the last one ends the
  // read, unless somebody waits for it.
  void use(ColdRead& read) { ++read.users; }
  void end_use(ColdRead& read) {
    --read.users;
    let_go(read);
  }
  // A use for the time of its scope.
  class Use {
   public:
    Use(ColdReads& reads, ColdRead& read) : reads_(reads), read_(read) { reads.use(read); }
    ~Use() { reads_.end_use(read_); }
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

   private:
    ColdReads& reads_;
    ColdRead& read_;
  };
  void on_time(UnixSeconds now_s);
  // Tries again what the device has refused for the sake of others than these reads, which do not
  // say when they have ended. True: something is still refused.
  bool step() {
    if (!is_starved()) return false;
    start_queued();
    return is_starved();
  }
  // The device ends no reads, so a new one would be waited for in vain. Now and then it says no, so
  // that one is tried: less and less often, because whoever asks for it waits.
  bool stalled();
  bool stands_still() const { return watch_.stalled(ended_); }
  bool idle() const { return in_flight_ == 0; }
  std::size_t in_flight() const { return in_flight_ + queue_.size(); }
  std::uint64_t refused() const { return refused_; }  // by the device, until nobody could wait
  std::uint64_t failed() const { return failed_; }

 private:
  friend struct ColdRead;
  void start(ColdRead& read);
  void begin(ColdRead& read, const tier::ReadPlan& plan);
  void ended(ColdRead& read, bool succeeded);
  bool continues(ColdRead& read);
  void start_queued();
  // Something waits, and none of these reads will ever begin it.
  bool is_starved() const { return !queue_.empty() && in_flight_ == 0 && held_ == 0; }
  void refuse_queued();
  void wake_all(const ColdRead& read);
  void let_go(ColdRead& read);
  void destroy(ColdRead& read);

  Device& device_;
  tier::PageLog* log_ = nullptr;
  std::size_t max_in_flight_;
  std::size_t in_flight_ = 0;
  std::size_t held_ = 0;  // reads that have ended and still have their bytes
  UnixSeconds not_starved_at_s_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t failed_ = 0;
  std::uint64_t ended_ = 0;
  StallWatch watch_;
  UnixSeconds now_s_ = 0;
  // While it is stalled; 0: nobody has asked since a read ended.
  UnixSeconds tried_at_s_ = 0;
  UnixSeconds try_after_s_ = 0;
  LateToken last_token_;
  LateToken tokens_step_;
  TierMap<std::uint64_t, std::unique_ptr<ColdRead>> reads_;  // by hash
  std::vector<std::unique_ptr<ColdRead>> orphans_;           // another one took their place
  ColdReadQueue queue_;                                      // for a place, or for memory
  TierMap<LateToken, ColdRead*> tokens_;
};

}  // namespace isocache
