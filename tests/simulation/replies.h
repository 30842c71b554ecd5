// Reads what a session answers, as it is produced: each reply's presence, shape and order, and what
// it says of the keys.
//
// What a turn answers was executed in that turn. What has no answer (quiet, noreply, a miss of a
// get) was executed between the turn of the answer before it and that of the answer behind it.
//
// While replies are late, what is behind them is executed before it is answered, and a late get is
// executed after what is behind it: then all that is known is since when replies were late.
#pragma once

#include <cstddef>
#include <deque>
#include <set>
#include <string_view>

#include "base/clock.h"
#include "simulation/journal.h"
#include "simulation/numbers.h"
#include "simulation/oracle.h"
#include "simulation/request.h"

namespace isocache::simulation {

// What the replies of all connections are checked against.
struct Expectations {
  Oracle& oracle;
  Numbers& numbers;
  bool memory_may_fail = false;
  std::set<Version> given_up_data;  // writes of a pair's data that perhaps did nothing
  virtual ~Expectations() = default;
  Expectations(Oracle& the_oracle, Numbers& the_numbers)
      : oracle(the_oracle), numbers(the_numbers) {}
  // A store of that many bytes was refused for lack of memory in that turn.
  virtual void refused(KeyId key, std::size_t length, Interval turn) = 0;
  // `surely` false: it is unknown whether it was executed.
  virtual void flushed(const ClientRequest& request, Interval when, bool surely) = 0;
};

// Since when replies are late; 0: none was when the turn began.
struct LateSince {
  Time time = 0;
  UnixSeconds now_s = 0;
};

class ReplyReader {
 public:
  ReplyReader(Journal& journal, Expectations& expected, unsigned connection)
      : journal_(journal), expected_(expected), connection_(connection) {}

  // Requests in the order in which they were sent. Answered requests are removed.
  std::deque<ClientRequest> requests;
  // The latest gets: a later cas may use their ids.
  struct SeenCas {
    KeyId key = 0;
    std::uint64_t cas = 0;
    Version base = 0;
  };
  SeenCas seen_cas;

  // Reads as many whole replies as there are; returns how many bytes that was.
  std::size_t read(std::string_view bytes, Interval turn, UnixSeconds now_s, LateSince late);
  // The connection is gone, and what was not answered was not executed, unless it was quiet, or
  // replies were `late`.
  void abandon(Time now, bool late);
  std::uint64_t answered() const { return answered_; }

 private:
  enum class Outcome : std::uint8_t { kDone, kMore, kNeedBytes };

  void begin_answer(const ClientRequest& request);
  Outcome next(std::string_view& bytes);
  bool take_line(std::string_view& bytes, std::string_view& line);
  bool belongs_to_front(std::string_view line) const;
  void silent(ClientRequest& request, Interval when);
  Interval silent_interval() const { return {previous_, turn_.end}; }
  // For a request that was executed in this turn, or (`silent`) since the last reply.
  Expiry expiry_of(const ClientRequest& request, bool silent) const;
  void answered_now();
  bool quiet_store_was_refused(std::string_view line);

  Outcome get(ClientRequest& request, std::string_view& bytes);
  Outcome meta_get(ClientRequest& request, std::string_view& bytes);
  Outcome store(ClientRequest& request, std::string_view line);
  Outcome remove(ClientRequest& request, std::string_view line);
  Outcome touch(ClientRequest& request, std::string_view line);
  Outcome arithmetic(ClientRequest& request, std::string_view& bytes, std::string_view line);
  Outcome list(ClientRequest& request, std::string_view line);
  void hit(ClientRequest& request, KeyId key, std::string_view value, std::uint32_t client_flags,
           bool has_client_flags, std::uint64_t cas);
  void missed(const ClientRequest& request, KeyId key, Interval when);
  void note_pair(KeyId key, Version version);
  Outcome unexpected(const ClientRequest& request, std::string_view line);

  Journal& journal_;
  Expectations& expected_;
  unsigned connection_;
  Interval turn_;
  Interval whole_turn_;  // turn_: and before, since it may have been executed
  LateSince late_;
  UnixSeconds now_s_ = 0;
  UnixSeconds since_s_ = 0;         // when turn_ begins
  UnixSeconds previous_now_s_ = 0;  // in the turn of the last answer
  Time previous_ = 0;               // when the turn of the last answer began
  Version pointer_ = 0;             // the last version of a pointer that was read
  std::uint64_t answered_ = 0;
};

}  // namespace isocache::simulation
