// A small core whose cold items lie on a device, with one connection.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "command/late.h"
#include "command/single_backend.h"
#include "command/tiering/tiering.h"
#include "session/session.h"
#include "support/faulty_device.h"
#include "support/session_output.h"
#include "support/test_memory.h"
#include "unit/core_fixture.h"

namespace isocache {

struct TieredOptions {
  std::size_t memory_limit = 2U << 20;
  std::size_t device_bytes = 64U << 20;
  std::size_t region_bytes = 2U << 20;
  unsigned recache_rate = 2000;
  unsigned min_item_bytes = 0;
  unsigned write_unread = Settings{}.ext_write_unread;  // percent
  HashKey hash_key = {};
  std::size_t max_reads = 64;
  unsigned memory_refuses_every = 0;
  AdmissionOptions admission = {};
  bool retries = false;
  bool gets_may_wait = false;  // for memory that replies pin
};

class TieredCore : public Waker {
 public:
  explicit TieredCore(const TieredOptions& options)
      : device(options.device_bytes),
        tiering(device, tiering_options(options)),
        memory(options.memory_refuses_every, kPageAlignment),
        store(store_options(options, tiering), memory),
        backend(store, settings(options), options.hash_key, TestCore::kStart, options.gets_may_wait,
                &tiering) {
    clock.now_s = TestCore::kStart;
    session = std::make_unique<Session>(backend, clock, SessionOptions(), this);
  }
  ~TieredCore() override {
    drain();
    session.reset();
    device.complete_all();
  }

  std::string drain() { return take_output(*session, backend); }
  // Sends the bytes. Gives the session all turns that it wants, the engine background work, and the
  // device time to end what it does.
  std::string ask(std::string_view bytes) {
    session->feed(bytes);
    std::string reply = drain();
    unsigned ticks = 0;
    for (;;) {
      if (session->wants_turn()) {
        session->resume();
      } else if (!woken.empty()) {
        const LateToken token = woken.front();
        woken.pop_front();
        session->resume(token);
      } else if (session->owes_reply() && device.pending() != 0) {
        device.complete();
      } else if (session->owes_reply() && ticks < kMostTicks) {
        ++ticks;
        backend.engine().tick(clock.now_s);
      } else {
        break;
      }
      reply += drain();
    }
    backend.engine().tick(clock.now_s);
    return reply;
  }
  void wake(LateToken token) override { woken.push_back(token); }

  Clock clock;
  FaultyDevice device;
  Tiering tiering;
  TestMemory memory;
  Store store;
  SingleBackend backend;
  std::unique_ptr<Session> session;
  std::deque<LateToken> woken;

 private:
  static constexpr std::size_t kPageAlignment = 4096;  // the device's, at most
  static constexpr unsigned kMostTicks = 100;          // if the device refuses reads

  static TieringOptions tiering_options(const TieredOptions& options) {
    TieringOptions tiering;
    tiering.part = {0, options.device_bytes};
    tiering.region_bytes = options.region_bytes;
    tiering.hash_key = options.hash_key;
    tiering.max_reads = options.max_reads;
    tiering.admission = options.admission;
    tiering.retries = options.retries;
    return tiering;
  }
  static Settings settings(const TieredOptions& options) {
    Settings settings;
    settings.ext_item_size = options.min_item_bytes;
    settings.ext_recache_rate = options.recache_rate;
    settings.ext_write_unread = options.write_unread;
    return settings;
  }
  static StoreOptions store_options(const TieredOptions& options, Tiering& tiering) {
    StoreOptions store = TestCore::store_options();
    store.memory_limit = options.memory_limit;
    store.hash_key = options.hash_key;
    store.observer = &tiering;
    return store;
  }
};

}  // namespace isocache
