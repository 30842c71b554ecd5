// A whole core with one connection, for tests that speak the protocol to it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "command/single_backend.h"
#include "session/session.h"
#include "support/session_output.h"
#include "support/test_memory.h"

namespace isocache {

class TestCore {
 public:
  static constexpr UnixSeconds kStart = 1800000000;

  static StoreOptions store_options() {
    StoreOptions options;
    options.memory_limit = 16U << 20U;
    return options;
  }

  explicit TestCore(const Settings& settings = {}, const SessionOptions& session_options = {},
                    const StoreOptions& options = store_options())
      : store(options, memory),
        backend(store, settings, options.hash_key, kStart),
        session_options_(session_options) {
    clock.now_s = kStart;
    connect();
  }
  ~TestCore() { drain(); }

  void connect() {
    if (session) drain();
    session = std::make_unique<Session>(backend, clock, session_options_);
  }

  // Takes the bytes that can be sent, and releases their pins.
  std::string drain() { return take_output(*session, backend); }

  // Sends the bytes, and gives the session all turns that it wants.
  std::string ask(std::string_view bytes) {
    session->feed(bytes);
    std::string reply = drain();
    while (session->wants_turn()) {
      session->resume();
      reply += drain();
    }
    return reply;
  }

  Clock clock;
  TestMemory memory;
  Store store;
  SingleBackend backend;
  std::unique_ptr<Session> session;

 private:
  SessionOptions session_options_;
};

}  // namespace isocache
