#include "unit/tiering_clients.h"

#include <algorithm>

namespace isocache {
namespace {

using Kind = KeyRequest::Kind;

constexpr std::size_t kMostAsked = 4;
constexpr int kEndlessRounds = 100'000;

// Half of them with a prefix.
std::string key_of(std::uint32_t number) {
  return (number % 2 == 0 ? "key:" : "key") + std::to_string(number);
}

}  // namespace

TieringClients::TieringClients(const TieringPlan& plan, std::uint32_t seed)
    : plan_(plan), random_(seed), core_(plan.core) {
  core_.device.set_delayed(plan.delayed);
  core_.device.set_rates(plan.rates, seed);
  core_.device.set_most_reads(plan.most_reads);
  for (std::size_t n = 0; n < plan.clients; ++n) {
    clients_.push_back(std::make_unique<Client>());
    connect(*clients_.back());
  }
}

TieringClients::~TieringClients() {
  release_held(0);
  for (const auto& client : clients_) {
    core_.backend.release(client->session->output());
    client->session.reset();
  }
}

void TieringClients::fail(const std::string& what) {
  if (wrong_.empty()) wrong_ = what;
}

int TieringClients::number_of(const Client& client) const {
  const auto found = std::find_if(clients_.begin(), clients_.end(),
                                  [&](const auto& one) { return one.get() == &client; });
  return static_cast<int>(found - clients_.begin());
}

std::string TieringClients::run(int steps) {
  fill();
  for (int n = 0; n < steps && wrong_.empty(); ++n) step();
  settle();
  if (wrong_.empty()) read_all();
  if (const char* broken = core_.store.broken_invariant()) fail(broken);
  core_.device.complete_all();
  figures_.writes = core_.device.writes();
  figures_.evictions = core_.store.counters().evictions;
  if (wrong_.empty() && !core_.tiering.idle()) fail("something is in flight that never ends");
  return wrong_;
}

void TieringClients::step() {
  Client& client = *clients_[random_.below(clients_.size())];
  if (client.asked.size() < kMostAsked && client.unsent.empty()) ask(client);
  serve(client);
  end_something();
  if (happens(plan_.tick)) core_.backend.engine().tick(core_.clock.now_s);
  disturb();
  if (happens(plan_.leave)) leave(client);
  if (happens(plan_.give_up)) give_up(client);
  if (happens(plan_.put_off)) client.session->put_off_late();
}

void TieringClients::disturb() {
  if (happens(plan_.flush)) flush();
  if (happens(plan_.memory_fault)) core_.memory.refuse_next(1 + random_.below(20));
  if (happens(plan_.stuck)) {
    stuck_for_ = 400;
    stuck_writes_ = random_.one_in(4);
  }
  if (random_.one_in(20)) turn_clock();
}

// Reads and writes end in any order.
void TieringClients::end_something() {
  if (stuck_for_ > 0) --stuck_for_;
  while (core_.device.pending() != 0 && !random_.one_in(3)) {
    const std::size_t nth = random_.below(core_.device.pending());
    if (stuck_for_ > 0 && (stuck_writes_ || core_.device.is_read(nth))) continue;
    core_.device.complete(nth);
  }
}

// --- what clients ask -----------------------------------------------------------------------

std::string TieringClients::random_value(std::uint32_t key, bool is_number) {
  const std::string id = std::to_string(last_id_);
  if (is_number)
    return std::to_string(1'000'000'000 + key * 1'000'000 + static_cast<unsigned>(last_id_) * 100);
  std::string value = key_of(key) + ":" + id + ":";
  const std::size_t bytes =
      random_.one_in(3) ? random_.below(200) : random_.below(plan_.most_value_bytes);
  while (value.size() < bytes) value += id + ".";
  if (plan_.same_size) value.resize(bytes);
  return value;
}

void TieringClients::choose_kind(KeyRequest& request, bool is_number) {
  static constexpr std::array kNumbers = {Kind::kAdd1,   Kind::kAdd1,  Kind::kAdd1,
                                          Kind::kGet,    Kind::kSet,   Kind::kAdd,
                                          Kind::kDelete, Kind::kTouch, Kind::kTextGet};
  static constexpr std::array kOthers = {Kind::kGet,
                                         Kind::kGet,
                                         Kind::kTextGet,
                                         Kind::kGetAndTouch,
                                         Kind::kVivify,
                                         Kind::kSet,
                                         Kind::kAdd,
                                         Kind::kReplace,
                                         Kind::kAppend,
                                         Kind::kPrepend,
                                         Kind::kCompareAndSet,
                                         Kind::kDelete,
                                         Kind::kQuietDelete,
                                         Kind::kTextQuietDelete,
                                         Kind::kCompareAndDelete,
                                         Kind::kMarkStale,
                                         Kind::kEmpty,
                                         Kind::kTouch};
  const std::uint32_t what = random_.below(10);
  if (what < 4 || (plan_.simple && what >= 8)) {
    request.kind = Kind::kGet;
  } else if (what < 7 || plan_.simple) {
    request.kind = Kind::kSet;
  } else if (is_number) {
    request.kind = kNumbers[random_.below(kNumbers.size())];
  } else {
    request.kind = kOthers[random_.below(kOthers.size())];
  }
}

KeyRequest TieringClients::random_request(std::optional<Kind> kind) {
  KeyRequest request;
  // A few keys are asked for often, so that clients meet.
  const std::uint32_t key = random_.below(random_.one_in(5) ? 8 : plan_.keys);
  const bool is_number = key % 4 == 0;
  request.key = key_of(key);
  choose_kind(request, is_number);
  request.kind = kind.value_or(request.kind);
  request.cas = static_cast<std::uint64_t>(last_id_) + 1;
  request.compare_cas = random_.one_in(4) ? 1 : cas_[request.key];
  request.ttl_s = random_.one_in(3) ? 1 + random_.below(30) : 0;
  if (request.kind == Kind::kVivify) request.ttl_s += 1;
  if (request.kind == Kind::kSet || request.kind == Kind::kAdd || request.kind == Kind::kReplace ||
      request.kind == Kind::kCompareAndSet) {
    request.client_flags = random_.below(1000);
    request.value = random_value(key, is_number);
  }
  if (request.kind == Kind::kAppend || request.kind == Kind::kPrepend) {
    request.value = "+" + std::to_string(last_id_) + "+";
  }
  return request;
}

void TieringClients::ask(Client& client) {
  ++last_id_;
  const bool stores = plan_.has_writer && number_of(client) == 0;
  send(client, random_request(stores ? std::optional(Kind::kSet) : std::nullopt));
}

void TieringClients::send(Client& client, const KeyRequest& request) {
  histories_[request.key].begin(last_id_, number_of(client), request);
  if (may_not_read()) histories_[request.key].give_up(last_id_);
  client.asked.push_back({last_id_, request});
  client.unsent = request.wire();
  deliver(client, !random_.one_in(4));
  if (client.session->late() != 0) ++figures_.late;
  take_output(client);
}

// A value may arrive in pieces.
void TieringClients::deliver(Client& client, bool all) {
  const std::size_t bytes = all ? client.unsent.size() : random_.below(client.unsent.size() + 1);
  if (bytes == 0) return;
  client.session->feed(client.unsent.substr(0, bytes));
  client.unsent.erase(0, bytes);
}

// The device may have no memory for a read, or end none for seconds. Then the item is there, but
// the request is answered as if it were not.
bool TieringClients::may_not_read() const {
  return plan_.rates.refuse != 0 || plan_.stuck != 0 || plan_.most_reads < 64 ||
         (!plan_.delayed && plan_.rates.fail_read != 0);
}

// --- what they get --------------------------------------------------------------------------

void TieringClients::serve(Client& client) {
  deliver(client, random_.one_in(4));
  take_output(client);
  if (!client.woken.empty() && !random_.one_in(3)) {
    const std::size_t nth = random_.below(client.woken.size());
    const LateToken token = client.woken[nth];
    client.woken.erase(client.woken.begin() + static_cast<std::ptrdiff_t>(nth));
    client.session->resume(token);
    take_output(client);
  }
  if ((client.session->wants_turn() || client.session->waiting()) && !random_.one_in(3)) {
    client.session->resume();
    take_output(client);
  }
}

void TieringClients::take_output(Client& client) {
  Output& output = client.session->output();
  output.for_each_span([&](std::string_view span) { client.received.append(span); });
  if (plan_.replies_held != 0 && output.has_pins()) {
    held_.push_back(std::move(output));
  } else {
    core_.backend.release(output);
  }
  output.clear();  // NOLINT(bugprone-use-after-move): it may be used again
  release_held(plan_.replies_held);
  while (!client.asked.empty()) {
    const std::optional<std::string> reply =
        cut_reply(client.asked.front().request, client.received);
    if (!reply) break;
    const Asked asked = client.asked.front();
    client.asked.pop_front();
    judge(asked, *reply);
  }
  if (client.asked.empty() && !client.received.empty())
    fail("more than was asked for: " + client.received.substr(0, 200));
  if (client.session->closing()) fail("the connection was ended");
}

void TieringClients::release_held(std::size_t most) {
  for (; held_.size() > most; held_.pop_front()) core_.backend.release(held_.front());
}

// A whole reply, taken from what was received.
std::optional<std::string> TieringClients::cut_reply(const KeyRequest& request,
                                                     std::string& received) {
  const std::size_t line_end = received.find("\r\n");
  if (line_end == std::string::npos) return std::nullopt;
  std::size_t bytes = line_end + 2;
  const std::string line = received.substr(0, line_end);
  if (line.starts_with("VA ")) {
    bytes += std::stoul(line.substr(3)) + 2;
  } else if (line.starts_with("VALUE ")) {
    bytes += std::stoul(line.substr(line.rfind(' '))) + 2 + std::string("END\r\n").size();
  } else if (request.kind == Kind::kQuietDelete || request.kind == Kind::kTextQuietDelete) {
    const std::size_t end = received.find("MN\r\n");
    if (end == std::string::npos) return std::nullopt;
    bytes = end + 4;
  }
  if (received.size() < bytes) return std::nullopt;
  const std::string reply = received.substr(0, bytes);
  received.erase(0, bytes);
  return reply;
}

void TieringClients::judge(const Asked& asked, const std::string& reply) {
  ++figures_.replies;
  const bool hit = reply.starts_with("VA");
  if (hit) ++figures_.hits;
  if (asked.request.kind == Kind::kGet && !hit) ++figures_.misses;
  if (reply.starts_with("SERVER_ERROR")) ++figures_.errors;
  const std::string& key = asked.request.key;
  const std::size_t cas = reply.find(" c");
  if (reply.starts_with("VA ") && cas < reply.find("\r\n"))
    cas_[key] = std::stoull(reply.substr(cas + 2));
  KeyHistory& history = histories_[key];
  if (history.end(asked.id, reply, core_.clock.now_s)) return;
  fail("request " + std::to_string(asked.id) + " " + asked.request.wire().substr(0, 100) +
       "  got " + reply.substr(0, 100) + "\n" + history.describe());
}

// --- what happens ---------------------------------------------------------------------------

void TieringClients::connect(Client& client) {
  client.session = std::make_unique<Session>(core_.backend, core_.clock, SessionOptions(), &client);
}

void TieringClients::leave(Client& client) {
  for (const Asked& asked : client.asked) {
    histories_[asked.request.key].abandon(asked.id, core_.clock.now_s);
  }
  core_.backend.release(client.session->output());
  client.session.reset();
  client.asked.clear();
  client.received.clear();
  client.unsent.clear();
  client.woken.clear();  // the host knows that it has left
  connect(client);
}

void TieringClients::give_up(Client& client) {
  for (const Asked& asked : client.asked) histories_[asked.request.key].give_up(asked.id);
  figures_.given_up += client.session->give_up_late();
  take_output(client);
}

void TieringClients::flush() {
  const auto idle = std::find_if(clients_.begin(), clients_.end(),
                                 [](const auto& client) { return client->asked.empty(); });
  if (idle == clients_.end()) return;
  KeyRequest flush{.kind = random_.one_in(2) ? Kind::kFlush : Kind::kFlushPrefix};
  const auto is_flushed = [&](const std::string& key) {
    return flush.kind == Kind::kFlush || key.starts_with("key:");
  };
  ++last_id_;
  for (auto& [key, history] : histories_) {
    if (is_flushed(key)) history.begin(last_id_, -1, flush);
  }
  (*idle)->session->feed(flush.wire());
  std::string reply;
  (*idle)->session->output().for_each_span([&](std::string_view span) { reply.append(span); });
  (*idle)->session->output().clear();
  for (auto& [key, history] : histories_) {
    if (is_flushed(key) && !history.end(last_id_, reply, core_.clock.now_s)) {
      fail(flush.wire() + ": " + reply);
    }
  }
}

// Only when nothing is under way, so that everybody agrees on when each request took effect.
void TieringClients::turn_clock() {
  const bool busy = std::any_of(clients_.begin(), clients_.end(),
                                [](const auto& client) { return !client->asked.empty(); });
  if (busy) return;
  core_.clock.now_s += 1 + random_.below(3);
  for (auto& [key, history] : histories_) history.expire(core_.clock.now_s);
}

// --- the end --------------------------------------------------------------------------------

void TieringClients::settle() {
  stuck_for_ = 0;
  release_held(0);
  for (int round = 0; wrong_.empty(); ++round) {
    if (round == kEndlessRounds) fail("a request is never answered");
    bool busy = false;
    for (const auto& client : clients_) {
      busy = busy || !client->asked.empty();
      serve(*client);
    }
    if (!busy) break;
    core_.backend.engine().tick(core_.clock.now_s);
    end_something();
  }
}

void TieringClients::fill() {
  for (std::uint32_t key = 0; key < plan_.keys && wrong_.empty(); ++key) {
    ++last_id_;
    KeyRequest set{.kind = Kind::kSet};
    set.key = key_of(key);
    set.value = random_value(key, key % 4 == 0);
    set.cas = static_cast<std::uint64_t>(last_id_);
    send(*clients_.front(), set);
    settle();
  }
}

void TieringClients::read_all() {
  Client& client = *clients_.front();
  for (std::uint32_t key = 0; key < plan_.keys && wrong_.empty(); ++key) {
    ++last_id_;
    KeyRequest get{.kind = Kind::kGet};
    get.key = key_of(key);
    send(client, get);
    settle();
  }
}

}  // namespace isocache
