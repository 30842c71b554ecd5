// Several clients of one core whose cold items lie on a device, under a seed: who sends what, when
// an operation of the device ends, what fails. Every reply is held against the history of its key.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/random.h"
#include "unit/key_history.h"
#include "unit/tiered_core.h"

namespace isocache {

struct TieringPlan {
  TieredOptions core;
  FaultyDevice::Rates rates;
  bool delayed = true;
  std::uint32_t keys = 200;
  std::size_t clients = 3;
  std::size_t most_value_bytes = 4000;
  bool same_size = false;   // of all values, so that a key's record often lies where one lay before
  bool simple = false;      // sets and gets only
  bool has_writer = false;  // a client that only stores
  // One step in so many; 0: never.
  std::uint32_t give_up = 0;
  std::uint32_t put_off = 0;
  std::uint32_t leave = 0;
  std::uint32_t flush = 0;
  std::uint32_t memory_fault = 0;
  std::uint32_t stuck = 0;  // the device ends no read for a while, or nothing
  std::uint32_t tick = 4;
  std::size_t most_reads = ~std::size_t{0};  // that the device has memory for
  std::size_t replies_held = 0;              // so many replies pin the memory of their values
};
TieringPlan make_tiering_plan(std::uint32_t seed);

struct TieringFigures {
  std::uint64_t replies = 0;
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t late = 0;
  std::uint64_t given_up = 0;
  std::uint64_t errors = 0;
  std::uint64_t writes = 0;  // to the device
  std::uint64_t evictions = 0;
};

class TieringClients {
 public:
  TieringClients(const TieringPlan& plan, std::uint32_t seed);
  ~TieringClients();

  // What went wrong; empty if nothing did.
  std::string run(int steps);
  const TieringFigures& figures() const { return figures_; }

 private:
  struct Asked {
    int id = 0;
    KeyRequest request;
  };
  struct Client : Waker {
    void wake(LateToken token) override { woken.push_back(token); }
    std::unique_ptr<Session> session;
    std::deque<LateToken> woken;
    std::deque<Asked> asked;
    std::string unsent;
    std::string received;
  };

  void step();
  void ask(Client& client);
  void send(Client& client, const KeyRequest& request);
  KeyRequest random_request(std::optional<KeyRequest::Kind> kind);
  void deliver(Client& client, bool all);
  void choose_kind(KeyRequest& request, bool is_number);
  std::string random_value(std::uint32_t key, bool is_number);
  void serve(Client& client);
  void take_output(Client& client);
  void release_held(std::size_t most);
  static std::optional<std::string> cut_reply(const KeyRequest& request, std::string& received);
  void judge(const Asked& asked, const std::string& reply);
  void give_up(Client& client);
  bool may_not_read() const;
  void leave(Client& client);
  void connect(Client& client);
  void flush();
  void turn_clock();
  void end_something();
  void disturb();
  void settle();
  void fill();
  void read_all();
  void fail(const std::string& what);
  bool happens(std::uint32_t rate) { return rate != 0 && random_.one_in(rate); }
  int number_of(const Client& client) const;

  TieringPlan plan_;
  Random random_;
  TieredCore core_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::map<std::string, KeyHistory> histories_;
  std::map<std::string, std::uint64_t> cas_;  // that a client saw last
  std::deque<Output> held_;
  TieringFigures figures_;
  int last_id_ = 0;
  int stuck_for_ = 0;
  bool stuck_writes_ = false;
  std::string wrong_;
};

}  // namespace isocache
