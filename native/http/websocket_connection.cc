#include "native/http/websocket_connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <boost/beast/zlib/error.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "native/http/goodbye_limit.h"
#include "native/http/http_limits.h"
#include "native/net/address.h"
#include "native/net/hold_watch.h"
#include "native/net/tcp_progress.h"
#include "session/session.h"

namespace isocache {
namespace {

namespace websocket = beast::websocket;
using websocket::close_code;

// The other end ended its side, without a close frame.
bool is_end(const beast::error_code& error) {
  return error == asio::error::eof || error == asio::ssl::error::stream_truncated;
}

bool is_deflate_error(const beast::error_code& error) {
  return error.category() == make_error_code(beast::zlib::error::general).category();
}

SessionOptions session_options(const HttpHost& host) {
  SessionOptions options = host.options.session;
  options.output_limits.all_bytes = http_limits::kWebSocketOutputBytes;
  return options;
}

}  // namespace

// The head of a binary frame of ours, which is a whole message, not compressed (RFC 6455, 5.2).
class FrameHead {
 public:
  asio::const_buffer set(std::uint64_t payload_bytes) {
    bytes_[0] = 0x82;
    std::size_t extended = 0;
    if (payload_bytes > 0xffff) {
      extended = 8;
    } else if (payload_bytes > 125) {
      extended = 2;
    }
    bytes_[1] = extended == 0   ? static_cast<unsigned char>(payload_bytes)
                : extended == 2 ? std::uint8_t{126}
                                : std::uint8_t{127};
    for (std::size_t i = 0; i < extended; ++i) {
      bytes_[2 + i] = static_cast<unsigned char>(payload_bytes >> (8 * (extended - 1 - i)));
    }
    return {bytes_.data(), 2 + extended};
  }

 private:
  std::array<unsigned char, 10> bytes_{};
};

class WebSocketConnection::Impl final : public StreamWatcher {
 public:
  Impl(SocketStream& stream, HttpHost& host, ConnectionInfo& info)
      : host_(host),
        stream_(stream),
        info_(info),
        socket_(stream),
        session_(host.backend, host.clock, session_options(host)),
        wake_coroutine_(stream.get_executor(), Timer::time_point::max()),
        read_buffer_(http_limits::kSmallReadBytes) {}

  Awaitable<void> run(const HttpRequest& request, const Upgrade& upgrade);
  void tick(std::int64_t now_ms);
  void drain();
  void close();
  bool broken() const { return write_failed_; }

 private:
  enum class Stage : std::uint8_t {
    kOpening,  // the 101 is on its way: Beast allows nothing else
    kOpen,
    kClosing,  // nothing is fed or sent any more, but for the close frame
    kBroken,   // nothing goes out any more
  };

  void set_options(const Upgrade& upgrade);
  Awaitable<void> serve();
  Awaitable<bool> receive();
  Awaitable<void> refuse_deflated();
  void note_failed_logins();
  Awaitable<void> execute();
  Awaitable<void> wait_for_memory();
  bool holds_too_long();
  void on_socket_read() override;
  void on_received() override;
  void finish_replies();
  std::span<const asio::const_buffer> take_what_goes_before() override;
  void on_written_before(beast::error_code error, std::size_t bytes) override;
  void take_output();
  void start_sending();
  void on_sent(beast::error_code error, std::size_t bytes);
  Awaitable<void> flush();
  template <typename Condition>
  Awaitable<void> until(Condition condition);
  Awaitable<void> until_sent() {
    return until([this] { return !sending_now_; });
  }
  void borrow_output();
  void end_turn();
  void give_output_back(Output& output);
  void start_closing(const websocket::close_reason& reason);
  void ping();
  websocket::close_reason why_closing() const;
  void end_if_nothing_began();
  bool nothing_began();
  bool busy();
  bool is_idle();
  bool makes_progress();
  void heard() {
    heard_ms_ = host_.now_ms();
    pinged_ = false;
  }

  HttpHost& host_;
  SocketStream& stream_;
  ConnectionInfo& info_;
  websocket::stream<SocketStream&> socket_;
  Session session_;
  Timer wake_coroutine_;  // never fires: cancelled when something that was under way is done
  // See close().
  asio::cancellation_signal stop_reading_;
  asio::cancellation_signal stop_closing_;
  std::vector<char> read_buffer_;
  Output sending_;  // on its way out
  HoldWatch hold_watch_;
  std::uint64_t moved_bytes_ = 0;          // received into uploads, and sent
  std::vector<asio::const_buffer> spans_;  // of sending_
  FrameHead head_;                         // of a frame that goes before one of Beast's
  Stage stage_ = Stage::kOpening;
  bool write_failed_ = false;
  bool draining_ = false;
  std::uint8_t failed_logins_ = 0;  // that were noted
  bool pinged_ = false;             // since it was last heard
  // What is under way, and refers to this object.
  bool sending_now_ = false;
  bool pinging_now_ = false;
  bool closing_now_ = false;
  bool looking_now_ = false;
  bool at_socket_ = false;     // all that came is used up, and the socket is being read
  unsigned socket_reads_ = 0;  // that have ended
  // As of the last bytes: more of their message is to come.
  bool in_message_ = false;
  std::optional<std::chrono::steady_clock::time_point> turn_began_;
  std::int64_t opened_ms_ = 0;
  std::int64_t heard_ms_ = 0;  // when anything last came
  GoodbyeLimit goodbye_;       // once closing
  std::uint64_t acknowledged_ = 0;
};

Awaitable<void> WebSocketConnection::Impl::run(const HttpRequest& request, const Upgrade& upgrade) {
  set_options(upgrade);
  heard();
  opened_ms_ = heard_ms_;
  const auto [error] = co_await socket_.async_accept(request, kToken);
  std::exception_ptr failure;
  if (!error) {
    stage_ = Stage::kOpen;
    if (upgrade.logged_in) session_.log_in();
    if (host_.draining) drain();
    stream_.read_ahead(this);
    try {
      co_await serve();
    } catch (...) {
      failure = std::current_exception();
    }
  }
  // What refers to this object has to end before it does.
  if (stage_ != Stage::kClosing) stream_.cancel();
  co_await until(
      [this] { return !sending_now_ && !pinging_now_ && !closing_now_ && !looking_now_; });
  stream_.stop_watching();
  host_.backend.release(session_.output());
  session_.output().clear();
  if (failure) std::rethrow_exception(failure);
}

void WebSocketConnection::Impl::set_options(const Upgrade& upgrade) {
  socket_.binary(true);
  socket_.auto_fragment(false);
  socket_.read_message_max(http_limits::kFrameItems * host_.options.max_item_bytes);
  socket_.set_option(websocket::stream_base::timeout{
      // tick() does that
      .handshake_timeout = websocket::stream_base::none(),
      .idle_timeout = websocket::stream_base::none(),
      .keep_alive_pings = false});
  if (host_.options.http.deflate) {
    websocket::permessage_deflate deflate;
    deflate.server_enable = true;
    deflate.msg_size_threshold = http_limits::kDeflateFromBytes;
    socket_.set_option(deflate);
  }
  socket_.set_option(websocket::stream_base::decorator(
      [subprotocol = upgrade.subprotocol](websocket::response_type& response) {
        response.set(beast::http::field::server, "isocached");  // else Beast's name and version
        if (subprotocol) response.set(beast::http::field::sec_websocket_protocol, kSubprotocol);
      }));
  socket_.control_callback([this](websocket::frame_type type, beast::string_view) {
    heard();
    // Beast answers a close frame at once, behind what is being sent.
    if (type == websocket::frame_type::close) finish_replies();
  });
}

Awaitable<void> WebSocketConnection::Impl::serve() {
  for (;;) {
    const bool received = co_await receive();
    if (!received) break;
    co_await execute();
    // Now: its own goodbye may take long.
    if (asks_for_end(session_.requested())) host_.events.on_stop_requested();
    if (session_.closing()) {
      co_await flush();
      start_closing(why_closing());
    }
    if (stage_ != Stage::kOpen) break;
  }
}

websocket::close_reason WebSocketConnection::Impl::why_closing() const {
  if (session_.requested() != AdminResult::Next::kContinue) return close_code::normal;
  if (draining_) return {close_code::going_away, "the server ends"};
  if (session_.spoke_binary()) {
    return {close_code::policy_error, "the binary protocol is not supported"};
  }
  if (!session_.logged_in()) return {close_code::policy_error, "no login"};
  return {close_code::policy_error, "not the memcached protocol"};
}

// One read, into the session. False: it was the last.
Awaitable<bool> WebSocketConnection::Impl::receive() {
  const std::span<char> window = session_.upload_window();
  const auto room = window.empty() ? std::span<char>(read_buffer_) : window;
  const auto [error, bytes] =
      co_await socket_.async_read_some(asio::buffer(room.data(), room.size()),
                                       asio::bind_cancellation_slot(stop_reading_.slot(), kToken));
  if (error) {
    host_.note_tls_error(error);
    if (is_deflate_error(error)) co_await refuse_deflated();
    // Who sends no more may still read.
    if (stage_ == Stage::kOpen && is_end(error)) co_await until_sent();
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
  host_.counters.bytes_read.add(bytes);
  borrow_output();
  if (!window.empty()) {
    session_.upload_received(bytes);
    moved_bytes_ += bytes;
    co_return true;
  }
  const std::string_view received(read_buffer_.data(), bytes);
  if (host_.verbosity.traffic() && session_.buffered() == 0) log_traffic('<', info_.fd, received);
  session_.feed(received);
  note_failed_logins();
  if (session_.spoke_binary() && host_.verbosity.notes()) log_binary_client(peer_address(info_.fd));
  if (bytes == read_buffer_.size() && bytes < http_limits::kLargeReadBytes) {
    read_buffer_ = std::vector<char>(http_limits::kLargeReadBytes);
  }
  co_return true;
}

// Beast breaks a connection off, without a word, when it cannot decompress a message.
Awaitable<void> WebSocketConnection::Impl::refuse_deflated() {
  static constexpr std::string_view kClose1007 = "\x88\x02\x03\xef";
  co_await until([this] { return !sending_now_ && !pinging_now_; });
  if (stage_ != Stage::kOpen) co_return;
  co_await asio::async_write(stream_, asio::buffer(kClose1007), kToken);
}

void WebSocketConnection::Impl::note_failed_logins() {
  while (failed_logins_ < session_.failed_logins()) {
    ++failed_logins_;
    if (host_.verbosity.notes()) log_failed_login(peer_address(info_.fd));
  }
}

// What a turn leaves is done behind the other connections' turns.
Awaitable<void> WebSocketConnection::Impl::execute() {
  while ((session_.wants_turn() || session_.waiting()) && stage_ == Stage::kOpen) {
    host_.counters.yields.add(1);
    if (session_.waiting()) {
      co_await flush();
      co_await wait_for_memory();
    } else if (session_.output().full()) {
      co_await flush();
    } else {
      co_await asio::post(stream_.get_executor(), kToken);
    }
    heard();  // we would hear it, if we were not busy ourselves
    host_.clock = host_.host_clock.now().clock;
    borrow_output();
    session_.resume();
  }
  info_.set_state(ConnectionInfo::State::kReading);
}

// Others may have released some by then. The more wait, the less often each asks.
Awaitable<void> WebSocketConnection::Impl::wait_for_memory() {
  hold_watch_.note_wait();
  struct Counted {
    explicit Counted(unsigned& counter) : count(counter) { ++count; }
    ~Counted() { --count; }
    unsigned& count;
  };
  const Counted waiting(host_.waiting_for_memory);
  Timer pause(stream_.get_executor(),
              http_limits::kMemoryRetry * (1 + waiting.count / http_limits::kMemoryRetries));
  co_await pause.async_wait(kToken);
}

// As Connection::holds_too_long().
bool WebSocketConnection::Impl::holds_too_long() {
  const std::size_t receiving = session_.waiting() ? 0 : session_.upload_remaining();
  const bool sends = sending_now_ && sending_.has_pins();
  const std::uint64_t held = receiving != 0 ? receiving : sends ? sending_.size() : 0;
  const std::uint64_t taken = sends && receiving == 0 ? bytes_acknowledged(info_.fd) : 0;
  if (!hold_watch_.look(held, moved_bytes_ + taken, host_.clock.now_s)) return false;
  if (!host_.backend.memory_is_wanted(host_.clock.now_s)) return false;
  WorkerCounters& counters = host_.counters;
  (receiving != 0 ? counters.closed_stalled_uploads : counters.closed_slow_readers).add(1);
  return true;
}

// Beast says something of its own: a pong, or goodbye, to a bad frame above all. Replies to what
// came before are not lost. They are no part of a frame that is being written, for that one has its
// own.
std::span<const asio::const_buffer> WebSocketConnection::Impl::take_what_goes_before() {
  if (sending_now_ || pinging_now_ || session_.output().empty()) return {};
  if (stage_ != Stage::kOpen && stage_ != Stage::kClosing) return {};
  take_output();
  spans_.insert(spans_.begin(), head_.set(sending_.size()));
  return spans_;
}

void WebSocketConnection::Impl::on_written_before(beast::error_code error, std::size_t bytes) {
  on_sent(error, bytes);
}

void WebSocketConnection::Impl::on_socket_read() {
  at_socket_ = true;
  finish_replies();
  if (draining_) end_if_nothing_began();
}

void WebSocketConnection::Impl::on_received() {
  at_socket_ = false;
  ++socket_reads_;
  if (stage_ == Stage::kClosing) goodbye_.heard(host_.now_ms());
}

// All that was received is used up, and its replies are complete.
void WebSocketConnection::Impl::finish_replies() {
  if (!session_.output().empty()) return start_sending();
  end_turn();
  give_output_back(session_.output());
}

void WebSocketConnection::Impl::start_sending() {
  if (sending_now_ || stage_ != Stage::kOpen) return;
  take_output();
  socket_.async_write(
      std::span<const asio::const_buffer>(spans_),
      [this](beast::error_code error, std::size_t bytes) { on_sent(error, bytes); });
  end_turn();
}

void WebSocketConnection::Impl::take_output() {
  sending_now_ = true;
  info_.set_state(ConnectionInfo::State::kWriting);
  sending_.swap(session_.output());
  spans_.clear();
  sending_.for_each_span(
      [this](std::string_view span) { spans_.emplace_back(span.data(), span.size()); });
  if (host_.verbosity.traffic() && !spans_.empty()) {
    log_traffic('>', info_.fd,
                {static_cast<const char*>(spans_.front().data()), spans_.front().size()});
  }
}

void WebSocketConnection::Impl::on_sent(beast::error_code error, std::size_t bytes) {
  host_.counters.bytes_written.add(bytes);
  moved_bytes_ += bytes;
  host_.backend.release(sending_);
  sending_.clear();
  give_output_back(sending_);
  info_.set_last_active(host_.clock.now_s);
  info_.set_state(ConnectionInfo::State::kReading);
  if (error) write_failed_ = true;
  if (error && stage_ == Stage::kOpen) stage_ = Stage::kBroken;
  sending_now_ = false;
  wake_coroutine_.cancel();
  if (draining_) end_if_nothing_began();
}

Awaitable<void> WebSocketConnection::Impl::flush() {
  co_await until_sent();
  if (!session_.output().empty()) start_sending();
  co_await until_sent();
}

// `wake_coroutine_` has one waiter: the coroutine that runs serve().
template <typename Condition>
Awaitable<void> WebSocketConnection::Impl::until(Condition condition) {
  while (!condition()) co_await wake_coroutine_.async_wait(kToken);
}

void WebSocketConnection::Impl::borrow_output() {
  if (!turn_began_) turn_began_ = std::chrono::steady_clock::now();
  if (session_.output().capacity() == 0) std::swap(session_.output(), host_.spare_output);
}

// The replies to all that was received are on their way. Waiting for a slow reader is no part of
// it.
void WebSocketConnection::Impl::end_turn() {
  if (!turn_began_) return;
  const std::chrono::nanoseconds took = std::chrono::steady_clock::now() - *turn_began_;
  host_.turn_latency.record(static_cast<std::uint64_t>(took.count()));
  turn_began_.reset();
}

// REQUIRES: it is empty.
void WebSocketConnection::Impl::give_output_back(Output& output) {
  if (output.capacity() > http_limits::kKeptOutputBytes) output = Output();
  if (host_.spare_output.capacity() == 0) std::swap(output, host_.spare_output);
  output = Output();
}

void WebSocketConnection::Impl::start_closing(const websocket::close_reason& reason) {
  if (stage_ != Stage::kOpen) return;
  stage_ = Stage::kClosing;
  closing_now_ = true;
  goodbye_.start(host_.now_ms(), host_.options.times.close);
  socket_.async_close(reason,
                      asio::bind_cancellation_slot(stop_closing_.slot(), [this](beast::error_code) {
                        closing_now_ = false;
                        wake_coroutine_.cancel();
                      }));
}

// Breaks it off. Beast's close waits for the end of its read; when that has found a bad frame
// meanwhile and wants to say so, it waits for the close. Neither waits for the socket then, so that
// only this ends them.
void WebSocketConnection::Impl::close() {
  stream_.close();
  stop_closing_.emit(asio::cancellation_type::terminal);
  stop_reading_.emit(asio::cancellation_type::terminal);
}

void WebSocketConnection::Impl::drain() {
  draining_ = true;
  session_.end_after_request();
  end_if_nothing_began();
}

// What the socket has given may wait among the loop's events, where nobody sees it. So this asks
// again behind these; what comes meanwhile has come after the end began.
void WebSocketConnection::Impl::end_if_nothing_began() {
  if (looking_now_ || !nothing_began()) return;
  looking_now_ = true;
  asio::post(stream_.get_executor(), [this, reads = socket_reads_] {
    looking_now_ = false;
    wake_coroutine_.cancel();
    if (reads != socket_reads_) return end_if_nothing_began();
    if (nothing_began()) start_closing(why_closing());
  });
}

// Of a request: neither its bytes have come, nor the head of their frame. Else serve() goes on with
// it, and the socket's next read asks again.
bool WebSocketConnection::Impl::nothing_began() {
  if (stage_ != Stage::kOpen || !at_socket_ || busy()) return false;
  if (session_.closing() || session_.in_request()) return false;
  if (!in_message_ && !socket_.is_message_done()) return false;
  return unread_bytes(info_.fd) == 0 && !stream_.holds_input();
}

void WebSocketConnection::Impl::ping() {
  if (pinging_now_) return;
  pinged_ = pinging_now_ = true;
  socket_.async_ping({}, [this](beast::error_code) {
    pinging_now_ = false;
    wake_coroutine_.cancel();
  });
}

bool WebSocketConnection::Impl::busy() {
  return sending_now_ || !session_.output().empty() || session_.wants_turn() || session_.waiting();
}

// As memcached: only a client from which we wait for a command is idle.
bool WebSocketConnection::Impl::is_idle() {
  const unsigned limit_s = host_.options.idle_timeout_s;
  return limit_s != 0 && !busy() && host_.clock.now_s - info_.last_active_s() > limit_s;
}

// We do not read while a reply is stuck, and hear no pong. But TCP tells whether it gets through.
bool WebSocketConnection::Impl::makes_progress() {
  if (!sending_now_) return false;
  const std::uint64_t before = std::exchange(acknowledged_, bytes_acknowledged(info_.fd));
  return acknowledged_ != before;
}

void WebSocketConnection::Impl::tick(std::int64_t now_ms) {
  const HttpTimes& times = host_.options.times;
  if (stage_ == Stage::kClosing) {
    if (goodbye_.is_over(now_ms, info_.fd, host_.draining)) close();
    return;
  }
  if (stage_ != Stage::kOpen) {
    if (now_ms - opened_ms_ >= times.write) stream_.close();
    return;
  }
  if (!session_.logged_in() && now_ms - opened_ms_ >= times.login) {
    return start_closing({close_code::policy_error, "no login in time"});
  }
  if (is_idle()) {
    host_.counters.idle_kicks.add(1);
    return start_closing({close_code::normal, "idle"});
  }
  if (holds_too_long()) return close();
  if (draining_) end_if_nothing_began();  // half a TLS record may be all that came, for ever
  if (makes_progress()) heard();
  const std::int64_t silent_ms = now_ms - heard_ms_;
  if (silent_ms >= times.dead) {
    close();
  } else if (silent_ms >= times.ping && !pinged_) {
    ping();
  }
}

WebSocketConnection::WebSocketConnection(SocketStream& stream, HttpHost& host, ConnectionInfo& info)
    : impl_(std::make_unique<Impl>(stream, host, info)) {}
WebSocketConnection::~WebSocketConnection() = default;
Awaitable<void> WebSocketConnection::run(const HttpRequest& request, const Upgrade& upgrade) {
  return impl_->run(request, upgrade);
}
void WebSocketConnection::tick(std::int64_t now_ms) { impl_->tick(now_ms); }
void WebSocketConnection::drain() { impl_->drain(); }
void WebSocketConnection::close() { impl_->close(); }
bool WebSocketConnection::broken() const { return impl_->broken(); }

}  // namespace isocache
