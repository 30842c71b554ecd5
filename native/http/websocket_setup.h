// How this server sets up Beast's WebSockets. Slow to compile, so only websocket*.cc include it.
#pragma once

#include <boost/beast/websocket/stream.hpp>
#include <boost/beast/zlib/error.hpp>

#include "native/http/http_limits.h"
#include "native/http/http_options.h"
#include "native/http/socket_stream.h"
#include "native/http/upgrade.h"

namespace isocache {

namespace websocket = beast::websocket;
using WebSocketStream = websocket::stream<SocketStream&>;

inline void set_up(WebSocketStream& socket, const HttpServerOptions& options,
                   const Upgrade& upgrade) {
  socket.binary(true);
  socket.auto_fragment(false);
  socket.read_message_max(http_limits::kFrameItems * options.max_item_bytes);
  socket.set_option(websocket::stream_base::timeout{
      // WebSocketConnection::tick() checks the time.
      .handshake_timeout = websocket::stream_base::none(),
      .idle_timeout = websocket::stream_base::none(),
      .keep_alive_pings = false});
  if (options.http.deflate) {
    websocket::permessage_deflate deflate;
    deflate.server_enable = true;
    deflate.msg_size_threshold = http_limits::kDeflateFromBytes;
    socket.set_option(deflate);
  }
  socket.set_option(websocket::stream_base::decorator(
      [subprotocol = upgrade.subprotocol](websocket::response_type& response) {
        // instead of Beast's name and version
        response.set(beast::http::field::server, "isocached");
        if (subprotocol) response.set(beast::http::field::sec_websocket_protocol, kSubprotocol);
      }));
}

// The other end ended its side without a close frame.
inline bool is_end(const beast::error_code& error) {
  return error == asio::error::eof || error == asio::ssl::error::stream_truncated;
}

inline bool is_deflate_error(const beast::error_code& error) {
  return error.category() == make_error_code(beast::zlib::error::general).category();
}

}  // namespace isocache
