// From time to time all clients that read get everything that they asked for, while some others
// stall.
#include <fmt/format.h>

#include <algorithm>

#include "simulation/world.h"

namespace isocache::simulation {
namespace {

// A connection that reads, and is read from, makes progress within so many rounds of turns.
constexpr unsigned kMostRoundsWithoutProgress = 200;
// If a client waits for memory this long, clients that hold memory and do not move are closed. The
// server does the same after some seconds.
constexpr unsigned kRoundsUntilHoldersAreClosed = 50;
constexpr std::size_t kProbeBytes = 12'000;
constexpr std::uint32_t kMostProbes = 20'000;
constexpr std::size_t kTolerance = 2 * limits::kSegmentBytes;

}  // namespace

// `all`: no client stalls. Otherwise clients that stall now keep stalling.
void World::settle(bool all) {
  journal_.note("settles");
  memory_faults.failing = false;
  memory_faults.fail_every = 0;
  std::vector<Client*> waiting;
  for (Client& client : clients_) {
    const bool stalls = journal_.step < client.reads_from || journal_.step < client.sends_from;
    if (all || !stalls) waiting.push_back(&client);
  }
  std::vector<std::uint64_t> progress(waiting.size(), 0);
  std::vector<unsigned> rounds(waiting.size(), 0);
  settling_ = true;
  bool anybody_moves = false;
  for (bool anybody = true; anybody && !journal_.failed();) {
    anybody = false;
    const bool others_moved = anybody_moves;  // in the previous round
    anybody_moves = false;
    backend_->complete_late(true, random_);
    for (std::size_t i = 0; i < waiting.size() && !journal_.failed(); ++i) {
      Client& client = *waiting[i];
      if (client.connection->settled()) continue;
      anybody = true;
      client.connection->deliver(client.connection->outgoing_bytes());
      client.connection->take_replies(client.connection->output_limit() + (1U << 20));
      if (client.connection->take_turn(workers_[0]) == Connection::Next::kClose) {
        connect(client);
        progress[i] = 0;
        rounds[i] = 0;
        continue;
      }
      const std::uint64_t done = client.connection->progress();
      const bool moved = done != progress[i];
      anybody_moves = anybody_moves || moved;
      // A client that waits for memory of others waits as long as they move.
      const bool waits = client.connection->waits_for_memory() && others_moved;
      rounds[i] = moved || waits ? 0 : rounds[i] + 1;
      progress[i] = done;
      const bool long_enough = rounds[i] % kRoundsUntilHoldersAreClosed == 1 && rounds[i] > 1;
      if (long_enough && backend_->memory_is_wanted(clock_.now_s)) {
        anybody_moves = close_holders(waiting) || anybody_moves;  // the next in line continues
      }
      if (rounds[i] > kMostRoundsWithoutProgress) {
        journal_.fail(
            fmt::format("connection {}: STARVED: {} requests unanswered, {} bytes "
                        "unreceived, no progress in {} rounds",
                        client.connection->id(), client.connection->replies().requests.size(),
                        client.connection->outgoing_bytes(), rounds[i]));
      }
    }
    anybody_moves = serve_others(waiting) || anybody_moves;
    for (unsigned shard = 0; shard < backend_->shard_count(); ++shard) {
      backend_->tick(shard, clock_.now_s);
    }
    the_oracle_.forget(oldest_turn());
  }
  settling_ = false;
  if (!journal_.failed()) check_memory();
}

// The server continues with clients that stall, as far as it can. True if any of them moved.
bool World::serve_others(const std::vector<Client*>& waiting) {
  bool moved = false;
  for (Client& client : clients_) {
    if (std::ranges::find(waiting, &client) != waiting.end()) continue;
    const std::uint64_t before = client.connection->progress();
    if (client.connection->take_turn(workers_[0]) == Connection::Next::kClose) {
      connect(client);
    } else if (client.connection->progress() != before) {
      moved = true;
    }
  }
  return moved;
}

bool World::close_holders(const std::vector<Client*>& but) {
  bool any = false;
  for (Client& client : clients_) {
    const Connection& connection = *client.connection;
    if (std::ranges::find(but, &client) != but.end() || !connection.holds_memory()) continue;
    journal_.note("is closed: others wait for its memory", connection.id());
    connect(client);
    any = true;
  }
  return any;
}

// The end: every request is answered, all clients leave, and all memory is free again.
void World::finish() {
  settle(true);
  if (journal_.failed()) return;
  check_stores();
  for (Client& client : clients_) {
    connect(client);  // each session of the client is gone
  }
  if (backend_->uploads() != 0) journal_.fail("an upload outlives its connection");
  if (backend_->late() != 0) journal_.fail("a late reply outlives its connection");
  // A tier keeps pages that the store lent, how many depends on what it did.
  const bool comes_back = !memory_faults.failed_once && !plan_.backend.tier;
  if (!journal_.failed() && comes_back) check_that_all_comes_back();
}

// Fills an empty cache until a shard evicts or refuses. Returns the bytes that this shard holds
// then.
World::Filled World::fill(SimulatedBackend& backend) const {
  const ServerFigures before = backend.figures(clock_.now_s);
  for (std::uint32_t number = 0; number < kMostProbes; ++number) {
    backend.set(fmt::format("fill{}", number), kProbeBytes, clock_);
    const ServerFigures now = backend.figures(clock_.now_s);
    for (unsigned shard = 0; shard < backend.shard_count(); ++shard) {
      const StoreCounters& then = before.shards[shard].store;
      const StoreCounters& counters = now.shards[shard].store;
      if (counters.evictions == then.evictions && counters.out_of_memory == then.out_of_memory) {
        continue;
      }
      const MemoryUse& memory = now.shards[shard].memory;
      return {shard, memory.item_bytes + memory.index_bytes + memory.ghost_bytes};
    }
  }
  return {};
}

// After a flush, the cache holds as much as a new one.
void World::check_that_all_comes_back() {
  journal_.note("fills an empty cache");
  plan_.interleave = 0;  // there is no other client
  backend_->flush(clock_.now_s);
  for (unsigned shard = 0; shard < backend_->shard_count(); ++shard) {
    while (backend_->tick(shard, clock_.now_s)) {
    }
  }
  BackendOptions options = plan_.backend;
  options.memory_limit = backend_->memory_limit();
  SimulatedBackend fresh(options);
  const Filled expected = fill(fresh);
  const Filled found = fill(*backend_);
  if (found.bytes + kTolerance < expected.bytes) {
    journal_.fail(fmt::format("LEAK: an empty shard {} took {} bytes, shard {} of a new cache {}",
                              found.shard, found.bytes, expected.shard, expected.bytes));
  }
}

}  // namespace isocache::simulation
