#include "simulation/world.h"

#include <algorithm>

namespace isocache::simulation {

World::World(std::uint64_t seed, Journal& journal)
    : Expectations(the_oracle_, the_numbers_),
      journal_(journal),
      plan_(make_plan(seed)),
      random_(static_cast<std::uint32_t>(seed)),
      the_oracle_(journal, plan_.backend.evict),
      the_numbers_(journal),
      workload_(plan_.workload, random_) {
  memory_faults = {};
  clock_.now_s = 1'000'000;
  backend_ = std::make_unique<SimulatedBackend>(plan_.backend);
  backend_->begin_late(random_);
  highest_limit_ = plan_.backend.memory_limit;
  const auto add = [&](Role role, std::uint32_t pair) {
    Client& client = clients_.emplace_back();
    client.role = role;
    client.pair = pair;
  };
  add(Role::kAdministrator, 0);
  for (std::uint32_t n = 0; n < plan_.clients; ++n) add(Role::kGeneral, 0);
  for (std::uint32_t n = 0; n < plan_.stalled_readers; ++n) add(Role::kLargeReader, 0);
  for (std::uint32_t n = 0; n < plan_.uploaders; ++n) add(Role::kUploader, 0);
  for (std::uint32_t pair = 0; pair < plan_.pairs; ++pair) {
    add(Role::kWriterInOrder, pair);
    add(Role::kReaderInOrder, pair);
    add(Role::kReaderInOrder, pair);
  }
  for (Client& client : clients_) connect(client);
  lock_hooks = this;
}

World::~World() {
  lock_hooks = nullptr;
  for (Client& client : clients_) client.connection->leave();
  clients_.clear();
  backend_.reset();
}

void World::connect(Client& client) {
  static constexpr std::size_t kBuffers[] = {2000, 16U << 10, 200U << 10};
  static constexpr std::size_t kReads[] = {300, 4000, 32U << 10, 32U << 10};
  SocketOptions socket;
  socket.send_buffer = kBuffers[random_.below(3)];
  socket.most_per_read = kReads[random_.below(4)];
  socket.most_per_write = random_.one_in(3) ? 8000 : 256U << 10;
  SessionOptions session;
  session.output_limits.all_bytes = plan_.output_limit;
  session.requests_per_turn = plan_.requests_per_turn;
  if (client.connection != nullptr) client.connection->leave();
  client.most_requests = 1 + random_.below(random_.one_in(2) ? 4 : 60);
  client.sends_from = client.reads_from = 0;
  client.connection = std::make_unique<Connection>(next_id_++, *backend_, clock_, session, socket,
                                                   journal_, *this, random_);
}

void World::run(std::uint64_t steps) {
  while (journal_.step < steps && !journal_.failed()) step();
  if (!journal_.failed()) finish();
}

void World::step() {
  ++journal_.step;
  act(clients_[random_.below(clients_.size())]);
  backend_->complete_late(false, random_);
  background();
  if (journal_.step % 8 == 0) check_memory();
  if (journal_.step % 64 == 0) check_stores();
  if (journal_.step % 256 == 0) settle(false);
  check_numbers();
  the_oracle_.forget(oldest_turn());
}

void World::act(Client& client) {
  if (client.connection->in_turn) return;
  if (nested_ == 0) limit_before_ = backend_->memory_limit();
  act_as_client(client);
  take_turn(client);
}

void World::act_as_client(Client& client) {
  Connection& connection = *client.connection;
  if (journal_.step >= client.sends_from) {
    const bool wants_more = connection.replies().requests.size() < client.most_requests;
    if (!settling_ && wants_more && connection.outgoing_bytes() < (64U << 10)) {
      workload_.add_requests(connection, client.role, client.pair);
    }
    const bool all = random_.one_in(2);
    connection.deliver(all ? connection.outgoing_bytes() : random_.below(20'000));
    const bool often = client.role == Role::kUploader;
    if (random_.one_in(often ? 8 : 100)) client.sends_from = journal_.step + random_.below(300);
  }
  if (journal_.step >= client.reads_from) {
    connection.take_replies(random_.one_in(2) ? 1U << 20 : random_.below(20'000));
    const bool often = client.role == Role::kLargeReader;
    if (random_.one_in(often ? 3 : 60)) client.reads_from = journal_.step + random_.below(300);
  }
  if (plan_.disconnect != 0 && random_.one_in(plan_.disconnect)) connection.hang_up();
}

void World::take_turn(Client& client) {
  if (plan_.disconnect != 0 && random_.one_in(2 * plan_.disconnect)) return connect(client);
  for (std::uint32_t turns = 1 + random_.below(3); turns > 0 && !journal_.failed(); --turns) {
    const Connection::Next next = client.connection->take_turn(workers_[nested_]);
    if (next == Connection::Next::kClose) return connect(client);
    if (next == Connection::Next::kWait) return;
  }
}

void World::background() {
  if (random_.one_in(plan_.tick)) {
    backend_->tick(random_.below(backend_->shard_count()), clock_.now_s);
  }
  if (random_.one_in(50)) turn_clock();
  if (plan_.memory_fault != 0 && random_.one_in(plan_.memory_fault)) fault();
}

void World::turn_clock() {
  clock_.now_s += 1 + random_.below(random_.one_in(4) ? 10 : 2);
  journal_.note("the clock turns", kNobody, clock_.now_s);
  if (waiting_flush_ == 0 || waiting_flush_at_s_ > clock_.now_s) return;
  const Time now = journal_.next();
  the_oracle_.flush_ends(waiting_flush_, {now, now}, waiting_flush_surely_);
  the_numbers_.all_may_be_reset({now, now});
  waiting_flush_ = 0;
}

void World::fault() {
  memory_faults.failing = random_.one_in(2);
  memory_faults.fail_every = random_.one_in(2) ? 1 + random_.below(4) : 0;
  journal_.note("memory fails; at every nth call", kNobody, memory_faults.failing,
                memory_faults.fail_every);
}

Time World::oldest_turn() const {
  Time oldest = journal_.now();
  for (const Client& client : clients_) {
    const Connection& connection = *client.connection;
    if (connection.in_turn) oldest = std::min(oldest, connection.turn_begin);
    if (connection.late_since() != 0) oldest = std::min(oldest, connection.late_since());
  }
  return oldest;
}

// At each place where another thread could run in between, another client has a whole turn. Nobody
// sends an administrative command meanwhile, because it would wait for one that is under way.
void World::before_lock() {
  if (alone_ || nested_ >= kMostNested || plan_.interleave == 0 || journal_.failed()) return;
  if (!random_.one_in(plan_.interleave)) return;
  ++nested_;
  interrupted_at_ = journal_.next();
  if (random_.one_in(6)) {
    backend_->tick(random_.below(backend_->shard_count()), clock_.now_s);
  } else {
    Client& client = clients_[random_.below(clients_.size())];
    const bool waits = backend_->administering() && client.role == Role::kAdministrator;
    if (!waits) act(client);
  }
  --nested_;
}

bool World::pretend_held() { return plan_.contend != 0 && random_.one_in(plan_.contend); }

}  // namespace isocache::simulation
