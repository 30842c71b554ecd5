#include "native/http/websocket.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/write.hpp>
#include <exception>
#include <memory>
#include <new>
#include <string_view>

#include "native/base/socket_queues.h"

namespace isocache {

using websocket::close_code;

Awaitable<void> WebSocket::run(const HttpRequest& request, const Upgrade& upgrade) {
  set_up(socket_, host_.options, upgrade);
  socket_.control_callback([this](websocket::frame_type type, beast::string_view) {
    heard();
    if (type == websocket::frame_type::close) try_to([this] { note_close_frame(); });
  });
  heard();
  const auto [error] = co_await socket_.async_accept(request, kToken);
  std::exception_ptr failure;
  if (!error) {
    stage_ = Stage::kOpen;
    host_.events.on_client(info_.fd);
    if (upgrade.logged_in) session().log_in();
    if (host_.draining) drain();
    stream_.read_ahead(this);
    try {
      co_await serve();
    } catch (...) {
      failure = std::current_exception();
    }
  }
  // Operations that refer to this object have to end before it does.
  if (stage_ != Stage::kClosing) stream_.cancel();
  co_await until([this] { return !in_use(); });
  stream_.stop_watching();
  if (!error) host_.events.on_client_ends(info_.fd, core_.close_reason(write_failed_));
  core_.release(output());
  if (failure) std::rethrow_exception(failure);
}

Awaitable<void> WebSocket::serve() {
  for (;;) {
    if (session().takes_input()) {
      const bool received = co_await receive();
      if (!received) break;
    } else {
      co_await wait_for_late();
    }
    co_await execute();
    note_end_request();
    if (session().closing()) {
      co_await flush();
      start_closing(why_closing());
    }
    if (stage_ != Stage::kOpen) break;
  }
}

websocket::close_reason WebSocket::why_closing() const {
  const Session& session = core_.session();
  if (session.requested() != AdminResult::Next::kContinue) return close_code::normal;
  if (draining_) return {close_code::going_away, "the server ends"};
  if (session.spoke_other_protocol()) {
    return {close_code::policy_error, "this protocol is not allowed here"};
  }
  if (!session.logged_in()) return {close_code::policy_error, "no login"};
  return {close_code::policy_error, "not the memcached protocol"};
}

// One read, into the session. Returns false after the last one.
Awaitable<bool> WebSocket::receive() {
  const std::span<char> window = session().upload_window();
  const auto room = window.empty() ? std::span<char>(read_buffer_) : window;
  reading_ = true;
  const auto [error, bytes] =
      co_await socket_.async_read_some(asio::buffer(room.data(), room.size()),
                                       asio::bind_cancellation_slot(stop_reading_.slot(), kToken));
  reading_ = false;
  if (error) {
    host_.note_tls_error(error);
    if (is_deflate_error(error)) co_await refuse_deflated();
    if (stage_ == Stage::kOpen && is_end(error)) co_await answer_to_the_end();
  }
  if (error || stage_ != Stage::kOpen) co_return false;
  in_message_ = !socket_.is_message_done();
  if (!socket_.got_binary()) {
    co_await flush();
    start_closing({close_code::unknown_data, "binary frames only"});
    co_return false;
  }
  heard();
  co_await until_sent();
  if (stage_ != Stage::kOpen) co_return false;
  host_.clock = host_.host_clock.now().clock;
  info_.set_last_active(host_.clock.now_s);
  info_.set_state(ConnectionInfo::State::kExecuting);
  borrow_output();
  if (!window.empty()) {
    core_.receive_upload(bytes);
    co_return true;
  }
  core_.receive({read_buffer_.data(), bytes});
  core_.note_failed_logins();
  if (bytes == read_buffer_.size() && bytes < http_limits::kLargeReadBytes) {
    read_buffer_ = std::vector<char>(http_limits::kLargeReadBytes);
  }
  co_return true;
}

// A client that sends no more may still read. All replies are sent, the late ones too.
Awaitable<void> WebSocket::answer_to_the_end() {
  co_await until([this] { return !frame_.under_way() && !pinging_now_; });
  input_ended_ = true;
  while (stage_ == Stage::kOpen && core_.has_to_answer()) {
    co_await wait_for_late();
    co_await execute();
    note_end_request();
  }
  co_await flush();
}

// If Beast cannot decompress a message, it breaks the connection off without a close frame.
Awaitable<void> WebSocket::refuse_deflated() {
  static constexpr std::string_view kClose1007 = "\x88\x02\x03\xef";
  co_await until([this] { return !frame_.under_way() && !pinging_now_; });
  if (stage_ != Stage::kOpen) co_return;
  co_await asio::async_write(stream_, asio::buffer(kClose1007), kToken);
}

// Finishes what a turn leaves, behind the other connections' turns.
Awaitable<void> WebSocket::execute() {
  while (can_go_on() && stage_ == Stage::kOpen) {
    host_.counters.yields.add(1);
    const bool waits = session().waiting() && !core_.has_woken();
    if (waits || core_.has_woken() || output().full()) {
      co_await flush();
      if (waits) co_await wait_for_memory();
    } else {
      co_await asio::post(stream_.get_executor(), kToken);
    }
    heard();  // this counts as a sign of life, because we do not read while we are busy
    host_.clock = host_.host_clock.now().clock;
    borrow_output();
    core_.go_on();
  }
  core_.note_waiting();
}

// The session takes no more input until a late reply has come.
Awaitable<void> WebSocket::wait_for_late() {
  finish_replies();
  co_await until([this] { return stage_ != Stage::kOpen || can_go_on(); });
}

void WebSocket::wake(LateToken token) {
  core_.note_woken(token);
  wake_coroutine_.cancel();
  go_on();
}

// A session that waits for memory waits for its turn, although its own reply may have released
// some.
void WebSocket::go_on() { go_on(session().waiting() && !core_.has_woken()); }

void WebSocket::go_on(bool later) {
  if (!reading_ || stage_ != Stage::kOpen || frame_.under_way()) return;
  try_to([&] { later ? go_on_later() : take_step(); });
}

// One turn. While there is more to do, on_sent() or go_on_later() calls it again.
void WebSocket::take_step() {
  if (can_go_on()) {
    host_.clock = host_.host_clock.now().clock;
    borrow_output();
    core_.go_on();
    core_.note_failed_logins();
  }
  if (client_closes_) wake_coroutine_.cancel();  // the close frame looks again
  if (!output().empty()) return start_sending();
  finish_replies();
  if (session().closing()) {
    note_end_request();
    return start_closing(why_closing());
  }
  if (core_.goes_on()) go_on_later();
  if (draining_) end_if_nothing_began();
}

// Takes the next step after the other connections' turns, or when there may be memory.
void WebSocket::go_on_later() {
  if (going_on_later_) return;
  const auto step = [this] {
    going_on_later_ = false;
    wake_coroutine_.cancel();
    go_on(false);
  };
  if (session().waiting()) {
    core_.note_memory_wait();
    host_.memory_queue.async_turn([step](beast::error_code) { step(); });
  } else {
    asio::post(stream_.get_executor(), step);
  }
  going_on_later_ = true;
}

// The others may have released some memory by then.
Awaitable<void> WebSocket::wait_for_memory() {
  core_.note_memory_wait();
  co_await host_.memory_queue.async_turn(kToken);
}

// Beast is about to send a frame of its own: a pong or a goodbye, above all after a bad frame.
// Replies to earlier requests must not be lost, so they are sent before it. They do not join a
// frame that is being written, because that one has its own replies.
std::span<const asio::const_buffer> WebSocket::take_what_goes_before() {
  if (frame_.under_way() || (pinging_now_ && !client_closes_) || output().empty()) return {};
  if (stage_ != Stage::kOpen && stage_ != Stage::kClosing) return {};
  try_to([this] { take_output(); });
  if (!frame_.under_way()) return {};
  return frame_.with_head();
}

// Beast answers a close frame at once. Its answer waits here for replies that are late. They are
// sent before it, because Beast sends no other frame behind a close frame.
Timer* WebSocket::holds_back() {
  const bool may_hold = client_closes_ && stage_ == Stage::kOpen && !frame_.under_way();
  return may_hold && core_.has_to_answer() ? &wake_coroutine_ : nullptr;
}

void WebSocket::note_close_frame() {
  finish_replies();
  client_closes_ = true;
}

void WebSocket::on_written_before(beast::error_code error, std::size_t bytes) {
  on_sent(error, bytes);
}

void WebSocket::on_socket_read() {
  at_socket_ = true;
  try_to([this] {
    finish_replies();
    if (draining_) end_if_nothing_began();
  });
}

void WebSocket::on_received() {
  at_socket_ = false;
  ++socket_reads_;
  if (stage_ == Stage::kClosing) goodbye_.heard(host_.now_ms());
}

// All received bytes are used up, and their replies are complete.
void WebSocket::finish_replies() {
  if (!output().empty()) return start_sending();
  end_turn();
  core_.give_output_back(output());
}

void WebSocket::start_sending() {
  if (frame_.under_way() || client_closes_ || stage_ != Stage::kOpen) return;
  take_output();
  const auto sent = [this](beast::error_code error, std::size_t bytes) { on_sent(error, bytes); };
  try {
    if (input_ended_) {  // Beast sends nothing after the end
      asio::async_write(stream_, frame_.with_head(), sent);
    } else {
      socket_.async_write(frame_.payload(), sent);
    }
  } catch (const std::bad_alloc&) {  // nothing is under way
    core_.release(frame_.output());
    frame_.done();
    throw;
  }
  end_turn();
}

void WebSocket::take_output() {
  info_.set_state(ConnectionInfo::State::kWriting);
  frame_.take(output());
  core_.log_sent(frame_.first_span());
}

void WebSocket::on_sent(beast::error_code error, std::size_t bytes) {
  core_.note_sent(bytes);
  core_.release(frame_.output());
  info_.set_last_active(host_.clock.now_s);
  core_.note_waiting();
  if (error) write_failed_ = true;
  if (error && stage_ == Stage::kOpen) stage_ = Stage::kBroken;
  frame_.done();
  wake_coroutine_.cancel();
  if (reading_ && (can_go_on() || session().closing())) go_on();
  if (draining_) try_to([this] { end_if_nothing_began(); });
}

Awaitable<void> WebSocket::flush() {
  co_await until_sent();
  if (!output().empty()) start_sending();
  co_await until_sent();
}

void WebSocket::borrow_output() {
  if (!turn_began_) turn_began_ = std::chrono::steady_clock::now();
  core_.borrow_output();
}

// The replies to all received bytes are on their way. The time that a slow reader takes does not
// count as part of the turn.
void WebSocket::end_turn() {
  if (!turn_began_) return;
  host_.turn_latency.record_since(*turn_began_);
  turn_began_.reset();
}

void WebSocket::start_closing(const websocket::close_reason& reason) {
  if (stage_ != Stage::kOpen) return;
  stage_ = Stage::kClosing;
  goodbye_.start(host_.now_ms(), host_.options.times.close);
  socket_.async_close(reason,
                      asio::bind_cancellation_slot(stop_closing_.slot(), [this](beast::error_code) {
                        closing_now_ = false;
                        wake_coroutine_.cancel();
                      }));
  closing_now_ = true;
}

// Breaks the connection off. Beast's close waits for the end of its read. A read that has found a
// bad frame, and wants to report it, waits for the close. Neither of them waits for the socket
// then, so only this ends them.
void WebSocket::close() {
  stream_.close();
  // The stream's end ends neither a wait for memory nor one for a late reply.
  if (stage_ == Stage::kOpen) stage_ = Stage::kBroken;
  wake_coroutine_.cancel();
  stop_closing_.emit(asio::cancellation_type::terminal);
  stop_reading_.emit(asio::cancellation_type::terminal);
}

void WebSocket::ping() {
  if (pinging_now_ || client_closes_ || input_ended_) return;
  liveness_.pinged();
  // It is set first: the ping itself asks for what goes before it.
  pinging_now_ = true;
  try {
    socket_.async_ping({}, [this](beast::error_code) {
      pinging_now_ = false;
      wake_coroutine_.cancel();
    });
  } catch (const std::bad_alloc&) {
    pinging_now_ = false;
    throw;
  }
}

std::unique_ptr<WebSocketConnection> make_websocket(const ConnectionId& id, SocketStream& stream,
                                                    HttpHost& host, ConnectionInfo& info) {
  return std::make_unique<WebSocket>(id, stream, host, info);
}

}  // namespace isocache
