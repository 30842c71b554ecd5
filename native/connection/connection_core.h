// The part of a memcached client's connection that is the same on all transports: a session, counts
// of bytes moved, and the limits of time and memory. TCP (plain and TLS) and WebSocket connections
// each own one, and add the transport of bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "native/base/current_turn.h"
#include "native/base/traffic_log.h"
#include "native/connection/connection_host.h"
#include "native/connection/connection_info.h"
#include "native/connection/connection_table.h"
#include "native/connection/hold_watch.h"
#include "native/connection/late_waker.h"
#include "protocol/output.h"
#include "session/session.h"
#include "watch/event.h"

namespace isocache {

class ConnectionCore {
 public:
  // REQUIRES: `id`, `info` and `host` outlive it. `id` is set before there is input.
  ConnectionCore(const ConnectionId& id, ConnectionInfo& info, ConnectionHost& host,
                 std::int64_t now_ms, Protocols protocols)
      : host_(host),
        info_(info),
        waker_(host.inbox, id),
        session_(host.backend, host.clock, with(host.session_options, protocols), &waker_),
        opened_ms_(now_ms) {}
  ~ConnectionCore() {
    release(session_.output());
    host_.requests.update(held_requests_, 0);
    host_.replies.update(held_replies_, 0);
  }
  ConnectionCore(const ConnectionCore&) = delete;
  ConnectionCore& operator=(const ConnectionCore&) = delete;

  Session& session() { return session_; }
  const Session& session() const { return session_; }
  std::int64_t opened_ms() const { return opened_ms_; }

  // Input. Logs it if -v or -vv is given.
  void receive(std::string_view bytes);
  // `bytes` bytes of the session's upload_window() were filled in.
  void receive_upload(std::size_t bytes) {
    host_.counters.bytes_read.add(bytes);
    if (received_log_) received_log_->skip(bytes);
    session_.upload_received(bytes);
    moved_bytes_ += bytes;
  }
  // Feeds bytes that came together with the end of an upload.
  void receive_behind_upload(std::string_view bytes) {
    begin_turn(info_.fd);
    host_.counters.bytes_read.add(bytes.size());
    note_traffic(bytes);
    session_.feed(bytes);
  }
  // The turn's input is executed: what the connection waits for now.
  void note_waiting() {
    using State = ConnectionInfo::State;
    if (session_.watches()) {
      info_.set_state(State::kWatching);
    } else {
      info_.set_state(session_.in_value() ? State::kReceiving : State::kReading);
    }
  }
  // Call it after the session was fed or resumed.
  void note_failed_logins() {
    if (host_.session_options.authenticator != nullptr) log_failed_logins();
  }
  // True if the session has more to do without more input.
  bool goes_on() const { return session_.wants_turn() || session_.waiting(); }
  // The client waits for us, and not we for the client.
  bool owes_reply() const { return session_.owes_reply(); }
  // There is more to answer although the client sends no more: replies are late, or complete
  // requests wait. An idle stream does not count, because it may never end.
  bool has_to_answer() const { return goes_on() || session_.late() != 0; }

  // The session's waker was called with this token: kept until go_on(), once. Without memory for it
  // the reply is given up after its limit.
  void note_woken(LateToken token);
  bool has_woken() const { return woken_ != nullptr; }
  // As note_woken(), with what makes go_on() give up replies that are late for too long.
  void note_late_limit() { note_woken(kNotLate); }
  // A reply has been late for too long.
  bool late_is_overdue() const {
    const auto since_s = session_.late_since_s();
    return since_s && host_.clock.now_s - *since_s >= host_.late_limit_s;
  }
  // The client does not read what it was sent.
  void put_off_late() { session_.put_off_late(host_.late_limit_s); }
  // Finishes late replies whose tokens were woken, up to one turn; if there are none, goes on with
  // what is buffered. REQUIRES: nobody reads the session's output.
  void go_on();

  // Call it before the session is fed or resumed.
  void borrow_output() { host_.spare_output.lend(session_.output()); }
  // REQUIRES: it is empty.
  void give_output_back(Output& output) { host_.spare_output.take_back(output); }
  void note_sent(std::size_t bytes) {
    host_.counters.bytes_written.add(bytes);
    moved_bytes_ += bytes;
  }
  // The output is sent, or never will be: releases its pins, clears it and gives its buffer back.
  void release(Output& output) {
    host_.backend.release(output);
    output.clear();
    give_output_back(output);
  }
  // Call it after a turn. False: the connection holds more than its thread's share allows. It is
  // counted; close it.
  bool fits_into_share() {
    return (!host_.requests.is_limited() && !host_.replies.is_limited()) || update_shares();
  }
  // Replies that begin with these bytes are about to be sent: logged at -vv.
  void log_sent(std::string_view first_span) const;
  void log_sent(const Output& output) const;

  // True if the client has not logged in in time.
  bool login_is_late(std::int64_t now_ms) const {
    return !session_.logged_in() && now_ms - opened_ms_ >= host_.login_limit_ms;
  }
  // True if the client has not sent a command for idle_timeout_s. It is already counted; close the
  // connection. As in memcached, only a client from which we wait for a command is idle. `busy`:
  // replies are under way, or complete requests wait.
  bool has_idled_out(bool busy);
  // Why it ends, as watchers are told. `broken`: the client has not ended it, and is not there.
  EventClose close_reason(bool broken) const {
    if (host_.draining) return EventClose::kShutdown;
    if (idled_out_) return EventClose::kIdleTimeout;
    return broken ? EventClose::kError : EventClose::kNormal;
  }
  // The session waits for memory that others hold.
  void note_memory_wait() { hold_watch_.note_wait(); }
  // Call it about once a second. True: the connection holds memory that others wait for, and has
  // hardly moved for long. It is already counted and logged; close it. `stuck`: replies that the
  // transport cannot send; null: none.
  bool holds_too_long(const Output* stuck);

 private:
  void resume(LateToken token);
  bool update_shares();
  void note_traffic(std::string_view received) {
    if (host_.verbosity.traffic() || received_log_) log_received(received);
  }
  static SessionOptions with(SessionOptions options, Protocols protocols) {
    options.protocols = protocols;
    return options;
  }
  void log_received(std::string_view bytes);
  void log_frames(Direction direction, std::size_t bytes) const;
  void log_failed_logins();
  void log_held_too_long(bool receiving) const;

  ConnectionHost& host_;
  ConnectionInfo& info_;
  LateWaker waker_;  // outlives the session, which ends all its late replies
  Session session_;
  std::unique_ptr<std::vector<LateToken>> woken_;  // in order; null: none
  std::unique_ptr<TrafficLog> received_log_;       // null: not at -vv
  HoldWatch hold_watch_;
  std::uint64_t moved_bytes_ = 0;  // received into uploads, and sent
  std::int64_t opened_ms_;
  std::size_t held_requests_ = 0;  // of the thread's shares
  std::size_t held_replies_ = 0;
  std::uint8_t failed_logins_ = 0;  // already noted
  bool idled_out_ = false;
};

}  // namespace isocache
