// Several clients of one small cache do random things, and each reply is checked against
// CacheModel.
// A miss of an item that the model holds, and a refusal for lack of memory, are noted, and allowed
// only where RunOptions says so. Any other difference from the model fails the test.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "command/single_backend.h"
#include "model/cache_model.h"
#include "model/connection.h"
#include "store/store.h"
#include "support/test_memory.h"

namespace isocache::model {

struct RunOptions {
  std::size_t memory_limit = 0;
  unsigned keys = 0;
  std::size_t largest_value = 0;  // most are much smaller
  bool evict = true;
  bool misses_allowed = true;
  bool jump_clock = true;
  // A weak hash, a memory source that refuses every other call, many slow readers.
  bool worst = false;
};

class RandomClients {
 public:
  RandomClients(const RunOptions& options, std::uint32_t seed);

  // Does so many random things, checks the store now and then, and reads everything at the end.
  void run(int operations);

  int hits() const { return hits_; }
  int misses() const { return misses_; }
  int refused() const { return refused_; }  // for lack of memory
  const StoreCounters& counters() const { return store_.counters(); }
  const TestMemory& memory() const { return memory_; }

 private:
  // A value on its way, over a connection of its own.
  struct PendingUpload {
    std::unique_ptr<Connection> connection;
    std::string key;
    ModelItem item;
    std::string rest;
  };
  // A reply that no client has taken yet. Its bytes must not change.
  struct SlowReader {
    std::unique_ptr<Connection> connection;
    std::string expected;
  };
  // An exptime as sent, and as unix time.
  struct Exptime {
    std::string sent;
    UnixSeconds at_s;
  };

  // --- choosing (random_clients.cc) ---
  void step();
  void storage_step(unsigned choice);
  void item_step(unsigned choice);
  void other_step(unsigned choice);
  // An eighth of them has a prefix.
  std::string text_key() {
    const std::size_t number = random_.below(options_.keys);
    return (number % 8 == 0 ? "key:" : "key") + std::to_string(number);
  }
  std::string number_key() {
    return "number:" + std::to_string(random_.below(options_.keys / 4 + 1));
  }
  std::string random_value(std::size_t largest);
  Exptime random_exptime();

  // --- what may differ from the model (random_clients.cc) ---
  // The store has lost an item that the model holds.
  void lost(const std::string& key);
  bool is_uploaded(const std::string& key) const;
  // Returns true if the reply says so.
  bool was_refused(const std::string& reply);
  // Deletes the item, whether it exists or not. Store and model agree afterwards.
  void forget(const std::string& key);

  // --- classic commands (classic_clients.cc) ---
  void set();
  void add();
  void replace();
  void extend(const std::string& verb);
  void compare_and_set();
  void get(const std::vector<std::string>& keys);
  void get_some();
  void get_and_touch();
  void touch();
  void remove();
  void arithmetic();
  // The cas id that gets shows; 0 if there is no item.
  std::uint64_t read_cas(const std::string& key);
  // Compares a get's reply with the keys asked for. A key without a value in the reply must be a
  // miss.
  void check_values(const std::vector<std::string>& keys, std::string_view reply);

  // --- meta commands (meta_clients.cc) ---
  void meta_set();
  void meta_get();
  void meta_delete();
  std::string meta_reply(const ModelItem& item) const;

  // --- time, several connections, the whole (random_clients.cc) ---
  void advance(unsigned seconds);
  void flush();
  void flush_prefix();
  void start_upload();
  void continue_upload();
  void finish_uploads();
  void start_reader();
  void overwrite(const std::string& key);
  void finish_reader();
  void finish_readers();
  void check();

  RunOptions options_;
  Random random_;
  TestMemory memory_;
  StoreOptions store_options_;
  Store store_;
  SingleBackend backend_;
  Clock clock_;
  CacheModel model_;
  Connection main_;
  std::vector<PendingUpload> uploads_;
  std::vector<SlowReader> readers_;
  int hits_ = 0;
  int misses_ = 0;
  int refused_ = 0;
};

// The beginning of a reply, for messages.
inline std::string head_of(const std::string& reply) { return reply.substr(0, reply.find("\r\n")); }
// "set <key> <flags> <exptime> <length>[ <cas>]\r\n"
std::string storage_line(std::string_view verb, const std::string& key, std::uint32_t client_flags,
                         const std::string& exptime, std::size_t length,
                         const std::string& cas = {});
// "VALUE ..." as get answers it, without END.
std::string value_block(const std::string& key, const ModelItem& item);

}  // namespace isocache::model
