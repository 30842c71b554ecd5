// WebSocketConnection over Beast. Slow to compile, so only websocket*.cc include it.
#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "native/connection/connection_core.h"
#include "native/http/goodbye_limit.h"
#include "native/http/http_limits.h"
#include "native/http/liveness.h"
#include "native/http/outgoing_frame.h"
#include "native/http/websocket_connection.h"
#include "native/http/websocket_setup.h"

namespace isocache {

class WebSocket final : public WebSocketConnection, private StreamWatcher {
 public:
  WebSocket(const ConnectionId& id, SocketStream& stream, HttpHost& host, ConnectionInfo& info)
      : host_(host),
        stream_(stream),
        info_(info),
        socket_(stream),
        core_(id, info, host, host.now_ms(), host.session_options.protocols),
        wake_coroutine_(stream.get_executor(), Timer::time_point::max()),
        read_buffer_(http_limits::kSmallReadBytes) {}

  Awaitable<void> run(const HttpRequest& request, const Upgrade& upgrade) override;
  void wake(LateToken token) override;
  void tick(std::int64_t now_ms) override;
  void drain() override;
  void close() override;
  bool broken() const override { return write_failed_; }
  bool in_use() const override {
    return frame_.under_way() || pinging_now_ || closing_now_ || looking_now_ || going_on_later_;
  }

 private:
  enum class Stage : std::uint8_t {
    kOpening,  // the 101 is on its way: Beast allows nothing else
    kOpen,
    kClosing,  // nothing is fed or sent any more, except the close frame
    kBroken,   // nothing goes out any more
  };

  Awaitable<void> serve();
  Awaitable<bool> receive();
  Awaitable<void> refuse_deflated();
  Awaitable<void> execute();
  Awaitable<void> wait_for_memory();
  Awaitable<void> wait_for_late();
  Awaitable<void> answer_to_the_end();
  void note_close_frame();
  // Beast calls us in the middle of its operations. An exception would destroy such an operation,
  // and with it the coroutine that waits for it.
  template <typename Step>
  void try_to(Step&& step) {
    try {
      step();
    } catch (const std::bad_alloc&) {
      host_.counters.malloc_fails.add(1);
      close();
    }
  }
  void look_at_client();
  // What was woken is done when no frame is on its way.
  bool can_go_on() const { return core_.goes_on() || (core_.has_woken() && !frame_.under_way()); }
  // Before the connection's goodbye, which may take long.
  void note_end_request() {
    if (asks_for_end(session().requested())) host_.events.on_stop_requested();
  }
  void go_on();
  void go_on(bool later);
  void take_step();
  void go_on_later();
  void on_socket_read() override;
  void on_received() override;
  void finish_replies();
  std::span<const asio::const_buffer> take_what_goes_before() override;
  void on_written_before(beast::error_code error, std::size_t bytes) override;
  Timer* holds_back() override;
  void take_output();
  void start_sending();
  void on_sent(beast::error_code error, std::size_t bytes);
  Awaitable<void> flush();
  template <typename Condition>
  Awaitable<void> until(Condition condition) {
    while (!condition()) co_await wake_coroutine_.async_wait(kToken);
  }
  Awaitable<void> until_sent() {
    return until([this] { return !frame_.under_way(); });
  }
  void borrow_output();
  void end_turn();
  void start_closing(const websocket::close_reason& reason);
  void ping();
  websocket::close_reason why_closing() const;
  void end_if_nothing_began();
  bool nothing_began();
  bool busy();
  Session& session() { return core_.session(); }
  Output& output() { return core_.session().output(); }
  void heard() { liveness_.heard(host_.now_ms()); }

  HttpHost& host_;
  SocketStream& stream_;
  ConnectionInfo& info_;
  WebSocketStream socket_;
  ConnectionCore core_;
  // Never fires. It is cancelled when an operation that was under way is done, or when there is
  // more to send before a close frame that is held back.
  Timer wake_coroutine_;
  // See close().
  asio::cancellation_signal stop_reading_;
  asio::cancellation_signal stop_closing_;
  std::vector<char> read_buffer_;
  OutgoingFrame frame_;
  Stage stage_ = Stage::kOpening;
  bool write_failed_ = false;
  bool draining_ = false;
  bool input_ended_ = false;    // without a close frame
  bool client_closes_ = false;  // its close frame has come, and Beast is about to answer it
  // Operations that are under way and refer to this object; frame_ may be one, too.
  bool pinging_now_ = false;
  bool closing_now_ = false;
  bool looking_now_ = false;
  bool going_on_later_ = false;
  bool reading_ = false;       // serve() waits for a read, and go_on() may use the session
  bool at_socket_ = false;     // all received bytes are used up, and the socket is being read
  unsigned socket_reads_ = 0;  // how many have ended
  // As of the last bytes: their message is not complete yet.
  bool in_message_ = false;
  std::optional<std::chrono::steady_clock::time_point> turn_began_;
  Liveness liveness_;
  GoodbyeLimit goodbye_;  // once closing
};

}  // namespace isocache
