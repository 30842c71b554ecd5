// How a backend reaches a connection when a late reply can be finished: it leaves a note for the
// connection's thread, which looks the connection up and gives it a turn.
#pragma once

#include <new>

#include "command/late.h"
#include "native/connection/connection_table.h"
#include "native/connection/inbox.h"

namespace isocache {

class LateWaker final : public Waker {
 public:
  // REQUIRES: both outlive it. `id` is set before the session gets input.
  LateWaker(Inbox& inbox, const ConnectionId& id) : inbox_(inbox), id_(id) {}

  // Any thread. Without memory for the note the reply is given up after its limit.
  void wake(LateToken token) override {
    try {
      inbox_.leave_note([&](Notes& notes) { notes.woken.push_back({id_, token}); });
    } catch (const std::bad_alloc&) {
    }
  }

 private:
  Inbox& inbox_;
  const ConnectionId& id_;
};

}  // namespace isocache
