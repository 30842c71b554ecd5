// One run: a backend, its clients, a clock and a scheduler. One seed decides all of it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "simulation/backend.h"
#include "simulation/connection.h"
#include "simulation/journal.h"
#include "simulation/numbers.h"
#include "simulation/oracle.h"
#include "simulation/replies.h"
#include "simulation/seam/hooks.h"
#include "simulation/workload.h"
#include "support/random.h"

namespace isocache::simulation {

// What a seed decides once. Odds are "one in so many"; 0: never.
struct Plan {
  BackendOptions backend;
  WorkloadOptions workload;
  std::uint32_t clients = 0;
  std::uint32_t pairs = 0;  // of data and pointer, see Role
  std::uint32_t stalled_readers = 0;
  std::uint32_t uploaders = 0;
  std::uint32_t interleave = 0;  // others act before a lock is taken
  std::uint32_t contend = 0;     // a lock is held by somebody else
  std::uint32_t memory_fault = 0;
  std::uint32_t disconnect = 0;
  std::uint32_t tick = 0;
  std::size_t output_limit = 0;
  std::size_t requests_per_turn = 0;
};
Plan make_plan(std::uint64_t seed);
std::string describe(const Plan& plan);

class World : public LockHooks, public Expectations {
 public:
  World(std::uint64_t seed, Journal& journal);
  ~World() override;
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Stops at a failure, which is in the journal.
  void run(std::uint64_t steps);

 private:
  struct Client {
    Role role = Role::kGeneral;
    std::uint32_t pair = 0;
    std::size_t most_requests = 0;  // unanswered
    std::uint64_t sends_from = 0;   // the step until which it sends nothing
    std::uint64_t reads_from = 0;
    std::unique_ptr<Connection> connection;
  };
  static constexpr unsigned kMostNested = 2;

  // --- scheduling (world.cc) ---
  void connect(Client& client);
  void step();
  void act(Client& client);
  void act_as_client(Client& client);
  void take_turn(Client& client);
  void background();
  void turn_clock();
  void fault();
  Time oldest_turn() const;
  void before_lock() override;
  bool pretend_held() override;

  // --- expectations (checks.cc) ---
  void refused(KeyId key, std::size_t length, Interval turn) override;
  void flushed(const ClientRequest& request, Interval when, bool surely) override;
  void check_numbers();
  void check_memory();
  void check_stores();
  std::size_t pinned_segments(unsigned shard) const;
  // The backend's own figures, while no client acts.
  ServerFigures look();

  // --- everybody gets what they asked for (settle.cc) ---
  void settle(bool all);
  bool serve_others(const std::vector<Client*>& waiting);
  bool close_holders(const std::vector<Client*>& but);
  void finish();
  void check_that_all_comes_back();
  struct Filled {
    unsigned shard = 0;
    std::size_t bytes = 0;
  };
  Filled fill(SimulatedBackend& backend) const;

  Journal& journal_;
  Plan plan_;
  Random random_;
  Clock clock_;
  Oracle the_oracle_;
  Numbers the_numbers_;
  Workload workload_;
  std::unique_ptr<SimulatedBackend> backend_;
  std::vector<Client> clients_;
  std::array<Worker, kMostNested + 1> workers_;
  unsigned nested_ = 0;
  unsigned next_id_ = 0;
  std::size_t highest_limit_ = 0;
  Time interrupted_at_ = 0;       // when another client last acted in between
  std::size_t limit_before_ = 0;  // of memory, before the turn
  bool alone_ = false;            // no client acts in between
  bool settling_ = false;         // no client asks for more
  Version waiting_flush_ = 0;
  bool waiting_flush_surely_ = false;  // no other flush may have replaced it
  UnixSeconds waiting_flush_at_s_ = 0;
};

}  // namespace isocache::simulation
