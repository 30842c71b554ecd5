// Whom this thread serves at the moment: what watchers are told of an event's cause and time.
#pragma once

#include <cstdint>

namespace isocache {

struct CurrentTurn {
  static constexpr int kNobody = -1;

  int client = kNobody;     // the descriptor of its socket, as `stats conns` shows it
  std::uint64_t at_us = 0;  // unix time of the turn's first event; 0: there was none yet
};

inline constinit thread_local CurrentTurn current_turn;

inline void begin_turn(int client) { current_turn = {client, 0}; }

}  // namespace isocache
