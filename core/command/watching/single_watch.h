// Watching for a host with one engine and one thread:
//
//   SingleWatch watch(backend.engine(), options);
//   backend.watch_by(&watch);
//   watch.set_now(client, unix_us);   // before it passes bytes of that client on
//   watch.deliver();                  // every few milliseconds while it returns true
#pragma once

#include <cstdint>
#include <memory>
#include <utility>

#include "command/engine.h"
#include "command/watching/watch_hub.h"

namespace isocache {

class SingleWatch : public WatchPort, private WatchedShards, private EventStamps {
 public:
  // REQUIRES: `engine` outlives it.
  SingleWatch(Engine& engine, const WatchOptions& options)
      : engine_(engine), hub_(options, *this, *this) {}

  // Who causes the events that follow, and when.
  void set_now(std::int32_t client, std::uint64_t unix_us) {
    client_ = client;
    now_us_ = unix_us;
  }
  bool deliver() { return hub_.deliver(); }
  const WatchHub& hub() const { return hub_; }

  // WatchPort
  Joined join(StreamSet streams, Waker* waker, WatcherId* id) override {
    return hub_.join(streams, waker, id);
  }
  bool take(WatcherId id, Output& out) override { return hub_.take(id, out); }
  void leave(WatcherId id) override { hub_.leave(id); }

 private:
  std::unique_ptr<EventBuffer> exchange(unsigned /*shard*/,
                                        std::unique_ptr<EventBuffer> next) override {
    return engine_.exchange_events(std::move(next));
  }
  void stamp(Event& event) override {
    event.id = ++last_id_;
    event.at_us = now_us_;
    event.client = client_;
  }

  std::uint64_t last_id() const override { return last_id_; }

  Engine& engine_;
  WatchHub hub_;
  std::uint64_t last_id_ = 0;
  std::uint64_t now_us_ = 0;
  std::int32_t client_ = 0;
};

}  // namespace isocache
