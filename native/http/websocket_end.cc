// How a WebSocket comes to its end: a drain, a client that has left, limits of time.
#include <boost/asio/post.hpp>

#include "native/base/socket_queues.h"
#include "native/http/websocket.h"

namespace isocache {

using websocket::close_code;

void WebSocket::drain() {
  draining_ = true;
  session().end_after_request();
  end_if_nothing_began();
}

// Bytes that the socket has already given may wait among the loop's events, where this cannot see
// them. So it checks again behind those events. Bytes that come later have come after the end
// began.
void WebSocket::end_if_nothing_began() {
  if (looking_now_ || !nothing_began()) return;
  asio::post(stream_.get_executor(), [this, reads = socket_reads_] {
    looking_now_ = false;
    wake_coroutine_.cancel();
    try_to([&] {
      if (reads != socket_reads_) return end_if_nothing_began();
      if (nothing_began()) start_closing(why_closing());
    });
  });
  looking_now_ = true;
}

// True if no part of a request has arrived: neither its bytes nor the head of their frame.
// Otherwise serve() goes on with the request, and the next read of the socket checks again.
bool WebSocket::nothing_began() {
  if (stage_ != Stage::kOpen || !at_socket_ || busy()) return false;
  if (session().closing() || session().in_request()) return false;
  if (!in_message_ && !socket_.is_message_done()) return false;
  return unread_bytes(info_.fd) == 0 && !stream_.holds_input();
}

// While nothing is read from the socket, no read reports that the client has left.
void WebSocket::look_at_client() {
  const bool reads = reading_ && !client_closes_;
  if (reads || !core_.owes_reply()) return;
  const OtherEnd client = look_at_other_end(info_.fd);
  if (client == OtherEnd::kGone) return close();
  if (client != OtherEnd::kEnded || core_.has_to_answer()) return;
  // An idle stream keeps us from reading what the client sent before its end.
  if (!frame_.under_way() && output().empty()) start_closing(close_code::normal);
}

bool WebSocket::busy() {
  return frame_.under_way() || !output().empty() || core_.goes_on() || core_.owes_reply();
}

void WebSocket::tick(std::int64_t now_ms) {
  const HttpTimes& times = host_.options.times;
  if (stage_ == Stage::kClosing) {
    if (goodbye_.is_over(now_ms, info_.fd, host_.draining)) close();
    return;
  }
  if (stage_ != Stage::kOpen) {
    if (now_ms - core_.opened_ms() >= times.write) stream_.close();
    return;
  }
  if (core_.login_is_late(now_ms)) {
    return start_closing({close_code::policy_error, "no login in time"});
  }
  if (core_.has_idled_out(busy())) return start_closing({close_code::normal, "idle"});
  if (core_.holds_too_long(frame_.under_way() ? &frame_.output() : nullptr)) return close();
  if (frame_.under_way()) {
    core_.put_off_late();
  } else if (core_.late_is_overdue()) {
    wake(kNotLate);
  }
  look_at_client();
  if (stage_ != Stage::kOpen) return;
  // perhaps only half a TLS record has come, and the rest never will
  if (draining_) end_if_nothing_began();
  if (frame_.under_way()) liveness_.look_at_stuck_reply(info_.fd, now_ms);
  switch (liveness_.next(now_ms, times)) {
    case Liveness::Next::kNothing: return;
    case Liveness::Next::kPing: return ping();
    case Liveness::Next::kGiveUp: return close();
  }
}

}  // namespace isocache
