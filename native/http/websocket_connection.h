// One WebSocket: its binary frames are a Session's byte stream, its replies leave as binary frames.
//
//   read -> feed -> execute in turns -> read ...       replies leave when what was received is used
//                                        \-> send      up, right before the socket is read again:
//                                                      one frame for many small ones
//
// While a frame is on its way out it feeds the session no more: a client that does not read costs
// http_limits::kWebSocketOutputBytes and one read buffer. Pings come between, for they need
// neither.
#pragma once

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <memory>

#include "native/http/http_host.h"
#include "native/http/socket_stream.h"
#include "native/http/upgrade.h"

namespace isocache {

using HttpRequest = beast::http::request<beast::http::empty_body>;

class WebSocketConnection {
 public:
  // REQUIRES: all references outlive run().
  WebSocketConnection(SocketStream& stream, HttpHost& host, ConnectionInfo& info);
  ~WebSocketConnection();

  // Says 101, then serves it to its end. The stream is then closed or ready to be.
  Awaitable<void> run(const HttpRequest& request, const Upgrade& upgrade);

  // Pings, and closes what is dead, idle or late.
  void tick(std::int64_t now_ms);
  // Says goodbye (1001) when the request that has begun to arrive is answered; at once if none has.
  void drain();
  // Breaks it off.
  void close();
  // A write failed: nobody is there to say goodbye to.
  bool broken() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace isocache
