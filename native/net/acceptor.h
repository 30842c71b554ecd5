// Accepts clients on all listeners, up to -c, and hands each on. Runs on the main thread's Poller.
//
//   accepting --too many (no_maxconns_fast), or out of descriptors--> paused
//   paused --a connection was closed, or 100 ms passed and there is room--> accepting
//
// The limit for one kind of listener is not the limit for all: see kHttpReserve.
#pragma once

#include <sys/epoll.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "base/clock.h"
#include "native/base/file_descriptor.h"
#include "native/base/host_clock.h"
#include "native/net/listener.h"
#include "native/net/poller.h"

namespace isocache {

// Shown by `stats`. The main thread writes them, any thread reads them.
struct AcceptCounters {
  std::atomic<bool> accepting{true};       // false: paused
  std::atomic<std::uint64_t> accepted{0};  // includes those that were turned away
  std::atomic<std::uint64_t> rejected{0};  // turned away: too many
  std::atomic<std::uint64_t> times_paused{0};
};

struct AcceptorOptions {
  unsigned max_connections = 0;
  bool turn_away = true;  // turn away clients beyond the limit; false: they wait in the backlog
  std::function<unsigned()> connection_count;
  // The message for a client that is turned away, in the listener's protocol.
  std::function<std::string(const Listener&, UnixSeconds wall_s)> too_many;
  // `crowded`: the client is beyond max_connections, on the HTTP port. It may still ask for health.
  std::function<void(FileDescriptor, const Listener&, bool crowded)> hand_over;
};

class Acceptor {
 public:
  // How many HTTP connections may exist beyond max_connections.
  static constexpr unsigned kHttpReserve = 16;

  // REQUIRES: all references outlive it; `listeners` do not move.
  Acceptor(AcceptorOptions options, const HostClock& clock, Poller& poller,
           std::span<Listener> listeners, AcceptCounters& counters);

  // Registers the listeners, each with its address as the tag.
  void start();
  // Takes some of the waiting clients, so that other events get their turn. REQUIRES: the tag is a
  // listener's.
  void on_event(const epoll_event& event);
  // Tells the acceptor that a connection was closed, so there may be room.
  void resume();
  // When run_timer() is due next, in monotonic time; never: INT64_MAX.
  std::int64_t timer_at_ms() const;
  void run_timer(std::int64_t now_ms);
  // From now on the system refuses clients, those in the backlog too.
  void stop();

 private:
  bool accept_one(const Listener& listener);
  bool paused() const { return !counters_.accepting.load(std::memory_order_relaxed); }
  bool is_full() const { return options_.connection_count() >= options_.max_connections; }
  bool has_room_for(const Listener& listener) const;
  void turn_away(FileDescriptor socket, const Listener& listener);
  void pause();
  void watch(Listener& listener, std::uint32_t events);

  AcceptorOptions options_;
  const HostClock& clock_;
  Poller& poller_;
  std::span<Listener> listeners_;
  AcceptCounters& counters_;
  std::int64_t retry_at_ms_ = 0;   // while paused
  bool out_of_resources_ = false;  // and the log said so
  bool started_ = false;
  bool stopped_ = false;
};

}  // namespace isocache
