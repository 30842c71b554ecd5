// One client of the HTTP port: TLS handshake, then requests, then perhaps a WebSocket.
//
//   run():  handshake -> request -> reply -> request -> ... -> goodbye
//                                        \-> WebSocket  ------/
//
// Lives on one loop's thread. It has no timer of its own: the loop calls tick() once a second, and
// tick() cancels operations that are late.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <memory>
#include <optional>

#include "native/base/file_descriptor.h"
#include "native/connection/connection_info.h"
#include "native/connection/connection_table.h"
#include "native/http/goodbye_limit.h"
#include "native/http/http_host.h"
#include "native/http/socket_stream.h"
#include "native/http/websocket_connection.h"

namespace isocache {

class HttpConnection {
 public:
  // `tls`: the TLS settings to use; null: plain. `crowded`: there are too many connections, so this
  // one gets one page and no WebSocket. REQUIRES: the host outlives it. Throws
  // boost::system::system_error.
  HttpConnection(asio::io_context& context, FileDescriptor socket,
                 const std::shared_ptr<SSL_CTX>& tls, bool crowded, HttpHost& host);

  // Serves the client until the connection ends. REQUIRES: this lives until then.
  Awaitable<void> run();

  // Its WebSocket's session was woken with this token.
  void wake(LateToken token);
  // Cancels operations that take too long.
  void tick(std::int64_t now_ms);
  // Ends the connection when the reply that is under way is sent.
  void drain();
  // Breaks the connection off.
  void close();

  // Operations are under way that refer to it: it must not be destroyed.
  bool in_use() const { return websocket_ && websocket_->in_use(); }
  const ConnectionInfo& info() const { return info_; }

  ConnectionId id;     // kept by the loop's table
  bool ended = false;  // kept by the loop: run() has ended, or will never go on

 private:
  enum class Phase : std::uint8_t { kHandshake, kReading, kReplying, kWebSocket, kClosing };
  using Parser = beast::http::request_parser<beast::http::empty_body>;

  void enter(Phase phase, std::int64_t limit_ms);
  bool request_began();
  bool may_be_cut_off() const;
  Awaitable<bool> handshake();
  // Returns false after the last request.
  Awaitable<bool> serve_request();
  Awaitable<bool> serve_websocket(const HttpRequest& request, bool has_body);
  Awaitable<void> refuse(beast::error_code error, bool began);
  Awaitable<bool> send(Reply reply, const HttpRequest& request, bool keep_alive);
  Awaitable<void> say_goodbye();

  HttpHost& host_;
  const bool crowded_;
  SocketStream stream_;
  ConnectionInfo info_;
  beast::flat_buffer buffer_;     // received and not yet parsed
  std::optional<Parser> parser_;  // for the request that is awaited or being read
  Phase phase_ = Phase::kReading;
  std::int64_t deadline_ms_ = 0;
  GoodbyeLimit goodbye_;  // once kClosing
  bool late_ = false;     // cancelled by tick()
  // a reply was sent and no write has failed since: a client may read it
  bool has_answered_ = false;
  std::unique_ptr<WebSocketConnection> websocket_;
};

}  // namespace isocache
