// A TCP connection, in TLS or plain, as one type: Beast's templates are instantiated once for both.
// Includes Asio, which is slow to compile.
#pragma once

#include <sys/socket.h>

#include <boost/asio/append.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/role.hpp>
#include <chrono>
#include <optional>
#include <utility>

#include "native/file_descriptor.h"

namespace isocache {

namespace asio = boost::asio;
namespace beast = boost::beast;

using Executor = asio::io_context::executor_type;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;
template <typename T>
using Awaitable = asio::awaitable<T, Executor>;
// `co_await async_something(..., kToken)` gives a tuple that begins with the error. Never in the
// condition of an if or a loop: g++ 12 then lays out the coroutine's frame wrongly, and says
// nothing.
inline constexpr auto kToken = asio::as_tuple(asio::use_awaitable_t<Executor>());

// Told when what was received is used up, and the socket is about to be read.
class ReadWatcher {
 public:
  virtual void on_socket_read() = 0;

 protected:
  ~ReadWatcher() = default;
};

// Models Asio's AsyncReadStream and AsyncWriteStream. One thread; one read and one write at a time.
class SocketStream {
 public:
  using Socket = asio::basic_stream_socket<asio::generic::stream_protocol, Executor>;
  using executor_type = Executor;

  // Throws boost::system::system_error: the kernel watches no more sockets.
  SocketStream(asio::io_context& context, FileDescriptor socket) : socket_(context) {
    socket_.assign(asio::generic::stream_protocol(AF_INET, 0), socket.get());
    socket.release();
  }

  // Everything is encrypted from now on. Takes a reference to `context` for itself.
  void start_tls(SSL_CTX* context) {
    SSL_CTX_up_ref(context);
    asio::ssl::context owner(context);
    tls_.emplace(socket_, owner);
  }
  template <typename Token>
  auto async_handshake(Token&& token) {
    return tls_->async_handshake(asio::ssl::stream_base::server, std::forward<Token>(token));
  }
  template <typename Token>
  auto async_tls_shutdown(Token&& token) {
    return tls_->async_shutdown(std::forward<Token>(token));
  }
  bool encrypted() const { return tls_.has_value(); }

  // No more is sent. The other end may still send.
  void shutdown_send() {
    beast::error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
  }
  // What is under way ends with operation_aborted; the connection stays.
  void cancel() {
    beast::error_code ignored;
    socket_.cancel(ignored);
  }
  void close() {
    beast::error_code ignored;
    socket_.close(ignored);
  }
  int fd() { return socket_.native_handle(); }

  // Null: nobody is told.
  void watch_reads(ReadWatcher* watcher) { watcher_ = watcher; }

  Executor get_executor() { return socket_.get_executor(); }

  template <typename Buffers, typename Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    if (watcher_ != nullptr) watcher_->on_socket_read();
    if (tls_) return tls_->async_read_some(buffers, std::forward<Token>(token));
    return socket_.async_read_some(buffers, std::forward<Token>(token));
  }
  template <typename Buffers, typename Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    if (tls_) return tls_->async_write_some(buffers, std::forward<Token>(token));
    return socket_.async_write_some(buffers, std::forward<Token>(token));
  }
  // From the socket itself, TLS or not: for bytes that nobody looks at.
  template <typename Buffers, typename Token>
  auto async_drop_some(const Buffers& buffers, Token&& token) {
    return socket_.async_read_some(buffers, std::forward<Token>(token));
  }

 private:
  Socket socket_;
  std::optional<asio::ssl::stream<Socket&>> tls_;
  ReadWatcher* watcher_ = nullptr;
};

// Beast asks for these two by their names: to close a connection that took too long, ...
inline void beast_close_socket(SocketStream& stream) { stream.close(); }

// ... and behind a WebSocket's last frame. HttpConnection says goodbye to TLS and TCP itself.
template <typename Handler>
void async_teardown(beast::role_type /*role*/, SocketStream& stream, Handler&& handler) {
  asio::post(stream.get_executor(),
             asio::append(std::forward<Handler>(handler), beast::error_code()));
}

}  // namespace isocache
