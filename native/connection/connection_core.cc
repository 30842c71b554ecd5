#include "native/connection/connection_core.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>

#include "native/base/log.h"
#include "native/base/socket_address.h"
#include "native/base/tcp_progress.h"

namespace isocache {

void ConnectionCore::receive(std::string_view bytes) {
  begin_turn(info_.fd);
  host_.counters.bytes_read.add(bytes.size());
  note_traffic(bytes);
  session_.feed(bytes);
  if (session_.spoke_other_protocol() && host_.verbosity.notes()) {
    log_other_protocol(peer_address(info_.fd), session_.speaks_binary());
  }
}

// If -vv is turned on in the middle of a command, its rest might be a value, or a password. So the
// log begins between two commands.
void ConnectionCore::log_received(std::string_view bytes) {
  if (!host_.verbosity.traffic()) return received_log_.reset();
  if (session_.speaks_binary(bytes)) return log_frames(Direction::kReceived, bytes.size());
  const bool between_commands = !session_.midway();
  if (!received_log_) {
    if (!between_commands) return;
    received_log_ = std::make_unique<TrafficLog>(Direction::kReceived, info_.fd);
  }
  if (between_commands) received_log_->begin_line();
  received_log_->add(bytes);
  received_log_->print();
}

// There are no lines, and some of the bytes are values or passwords.
void ConnectionCore::log_frames(Direction direction, std::size_t bytes) const {
  log_traffic(direction, info_.fd, fmt::format("({} bytes of the binary protocol)", bytes));
}

void ConnectionCore::log_sent(std::string_view first_span) const {
  if (!host_.verbosity.traffic()) return;
  if (session_.speaks_binary()) return log_frames(Direction::kSent, first_span.size());
  TrafficLog replies(Direction::kSent, info_.fd);
  replies.add(first_span);
  replies.print();
}

void ConnectionCore::log_sent(const Output& output) const {
  if (!host_.verbosity.traffic()) return;
  if (session_.speaks_binary()) return log_frames(Direction::kSent, output.size());
  TrafficLog replies(Direction::kSent, info_.fd);
  output.for_each_span([&](std::string_view span) { replies.add(span); });
  replies.print();
}

void ConnectionCore::note_woken(LateToken token) {
  try {
    if (woken_ && std::ranges::find(*woken_, token) != woken_->end()) return;
    if (woken_) return woken_->push_back(token);
    woken_ = std::make_unique<std::vector<LateToken>>(1, token);
  } catch (const std::bad_alloc&) {
    host_.counters.malloc_fails.add(1);
  }
}

void ConnectionCore::go_on() {
  begin_turn(info_.fd);
  if (!woken_) return session_.resume();
  std::size_t done = 0;
  do {
    resume((*woken_)[done++]);
  } while (done < woken_->size() && !session_.wants_turn());
  woken_->erase(woken_->begin(), woken_->begin() + static_cast<std::ptrdiff_t>(done));
  if (woken_->empty()) woken_.reset();
}

void ConnectionCore::resume(LateToken token) {
  if (token != kNotLate) return session_.resume(token);
  host_.counters.late_replies_given_up.add(session_.give_up_late(host_.late_limit_s));
}

void ConnectionCore::log_failed_logins() {
  while (failed_logins_ < session_.failed_logins()) {
    ++failed_logins_;
    if (host_.verbosity.notes()) log_failed_login(peer_address(info_.fd));
  }
}

bool ConnectionCore::has_idled_out(bool busy) {
  const unsigned limit_s = host_.idle_timeout_s;
  const bool idle = limit_s != 0 && !busy && host_.clock.now_s - info_.last_active_s() > limit_s;
  if (idle) host_.counters.idle_kicks.add(1);
  idled_out_ = idle;
  return idle;
}

bool ConnectionCore::holds_too_long(const Output* stuck) {
  const bool waits = session_.waiting() || session_.owes_reply();
  const std::size_t receiving = waits ? 0 : session_.upload_remaining();
  const bool sends = stuck != nullptr && (stuck->has_pins() || session_.late_pins());
  const std::uint64_t held = receiving != 0 ? receiving : sends ? stuck->size() : 0;
  const std::uint64_t taken = sends && receiving == 0 ? bytes_acknowledged(info_.fd) : 0;
  if (!hold_watch_.look(held, moved_bytes_ + taken, host_.clock.now_s)) return false;
  if (!host_.backend.memory_is_wanted(host_.clock.now_s)) return false;
  WorkerCounters& counters = host_.counters;
  (receiving != 0 ? counters.closed_stalled_uploads : counters.closed_slow_readers).add(1);
  if (host_.verbosity.notes()) log_held_too_long(receiving != 0);
  return true;
}

bool ConnectionCore::update_shares() {
  const std::size_t requests = session_.buffered();
  const std::size_t replies = session_.output().empty() ? 0 : session_.output().capacity();
  const bool requests_fit =
      host_.requests.update(held_requests_, requests) || !host_.requests.is_limited();
  const bool replies_fit =
      host_.replies.update(held_replies_, replies) || !host_.replies.is_limited();
  held_requests_ = requests;
  held_replies_ = replies;
  if (!requests_fit) host_.counters.requests_without_memory.add(1);
  if (!replies_fit) host_.counters.replies_without_memory.add(1);
  if (requests_fit && replies_fit) return true;
  if (host_.verbosity.notes()) {
    log_line(fmt::format("{} closed: no memory for {}", peer_address(info_.fd),
                         requests_fit ? "replies that it does not take (-o resp_obj_mem_limit)"
                                      : "its request (-o read_buf_mem_limit)"));
  }
  return false;
}

void ConnectionCore::log_held_too_long(bool receiving) const {
  log_line(
      fmt::format("{} closed: others wait for the memory of {}", peer_address(info_.fd),
                  receiving ? "a value that does not arrive" : "replies that it does not take"));
}

}  // namespace isocache
