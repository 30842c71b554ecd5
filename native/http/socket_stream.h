// A TCP connection, TLS or plain, as one type. So Beast's templates are instantiated once for both.
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
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/async_base.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/role.hpp>
#include <chrono>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "native/base/file_descriptor.h"
#include "native/http/http_limits.h"
#include "native/tls/message_limit.h"

namespace isocache {

namespace asio = boost::asio;
namespace beast = boost::beast;

using Executor = asio::io_context::executor_type;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;
template <typename T>
using Awaitable = asio::awaitable<T, Executor>;
// `co_await async_something(..., kToken)` gives a tuple that begins with the error. Never write it
// in the condition of an if or a loop: g++ 12 then lays out the coroutine's frame wrongly, without
// a warning.
inline constexpr auto kToken = asio::as_tuple(asio::use_awaitable_t<Executor>());

// Returns true if the other end broke TLS. (A stream that ends without a goodbye has another
// category.)
inline bool is_tls_error(const beast::error_code& error) {
  return error.category() == asio::error::get_ssl_category();
}

// Learns what Beast does with the socket.
class StreamWatcher {
 public:
  // All received bytes are used up, and the socket is about to be read.
  virtual void on_socket_read() = 0;
  // That read has ended.
  virtual void on_received() = 0;
  // A frame is about to be written. The returned bytes are sent before it; empty: none. They stay
  // where they are until on_written_before(), which is called only if there are any.
  virtual std::span<const asio::const_buffer> take_what_goes_before() = 0;
  virtual void on_written_before(beast::error_code error, std::size_t bytes) = 0;
  // The frame must not be written yet: when this timer is cancelled, take_what_goes_before() and
  // this are called again. Null: it may be written.
  virtual Timer* holds_back() = 0;

 protected:
  ~StreamWatcher() = default;
};

// Models Asio's AsyncReadStream and AsyncWriteStream. One thread; one read and one write at a time.
class SocketStream {
 public:
  using Socket = asio::basic_stream_socket<asio::generic::stream_protocol, Executor>;
  using executor_type = Executor;

  // Throws boost::system::system_error: the kernel cannot watch more sockets.
  SocketStream(asio::io_context& context, FileDescriptor socket) : socket_(context) {
    socket_.assign(asio::generic::stream_protocol(AF_INET, 0), socket.get());
    socket.release();
  }

  // Encrypts everything from now on. Keeps its own reference to `context`.
  void start_tls(SSL_CTX* context) {
    SSL_CTX_up_ref(context);
    asio::ssl::context owner(context);
    tls_.emplace(socket_, owner);
    messages_.watch(tls_->native_handle());
  }
  template <typename Token>
  auto async_wait_readable(Token&& token) {
    return socket_.async_wait(Socket::wait_read, std::forward<Token>(token));
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

  // Ends our side: nothing more is sent. The other end may still send.
  void shutdown_send() {
    beast::error_code ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
  }
  // Ends operations that are under way with operation_aborted. The connection stays.
  void cancel() {
    beast::error_code ignored;
    socket_.cancel(ignored);
  }
  // No bytes go in or out any more, and operations that are under way end. The descriptor stays
  // open until this object is destroyed. So its number means no other connection while this one is
  // listed.
  void close() {
    beast::error_code ignored;
    socket_.shutdown(Socket::shutdown_both, ignored);
    socket_.cancel(ignored);
  }
  int fd() { return socket_.native_handle(); }

  // Beast reads frame heads in pieces of 1,536 bytes. From now on more is read at once, and handed
  // out in such pieces. `watcher` learns when all of it is used up, and what is written.
  void read_ahead(StreamWatcher* watcher) {
    watcher_ = watcher;
    ahead_.resize(http_limits::kSmallReadBytes);
  }
  void stop_watching() { watcher_ = nullptr; }
  // Bytes that were received and not handed out. With TLS they include bytes that cannot be
  // decrypted yet.
  bool holds_input() {
    return ahead_begin_ != ahead_end_ || (tls_ && SSL_has_pending(tls_->native_handle()) == 1);
  }

  Executor get_executor() { return socket_.get_executor(); }

  template <typename Buffers, typename Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(beast::error_code, std::size_t)>(
        [this](auto&& handler, const Buffers& to) {
          this->read_some(to, std::forward<decltype(handler)>(handler));
        },
        token, buffers);
  }
  template <typename Buffers, typename Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(beast::error_code, std::size_t)>(
        [this](auto&& handler, const Buffers& from) {
          this->write_some(from, std::forward<decltype(handler)>(handler));
        },
        token, buffers);
  }
  // Reads from the socket itself, TLS or not. For bytes that are dropped.
  template <typename Buffers, typename Token>
  auto async_drop_some(const Buffers& buffers, Token&& token) {
    return socket_.async_read_some(buffers, std::forward<Token>(token));
  }

 private:
  // Completes a read, either into the caller's buffers or into the bytes that are read ahead.
  enum class Into : std::uint8_t { kTheirs, kAhead };
  template <typename Buffers, typename Handler>
  class ReadOp : public beast::async_base<std::decay_t<Handler>, Executor> {
   public:
    ReadOp(SocketStream& stream, Into into, const Buffers& to, Handler&& handler)
        : beast::async_base<std::decay_t<Handler>, Executor>(std::forward<Handler>(handler),
                                                             stream.get_executor()),
          stream_(stream),
          into_(into),
          to_(to) {}
    void operator()(beast::error_code error, std::size_t bytes) {
      if (stream_.watcher_ != nullptr) stream_.watcher_->on_received();
      if (into_ == Into::kTheirs) return this->complete_now(error, bytes);
      stream_.ahead_end_ = bytes;
      const std::size_t copied = stream_.take_ahead(to_);
      this->complete_now(error, copied);
    }

   private:
    SocketStream& stream_;
    Into into_;
    Buffers to_;
  };

  // Continues a write after the bytes that go before it are sent, or after it was held back.
  template <typename Buffers, typename Handler>
  class BehindOp : public beast::async_base<std::decay_t<Handler>, Executor> {
   public:
    BehindOp(SocketStream& stream, const Buffers& from, Handler&& handler)
        : beast::async_base<std::decay_t<Handler>, Executor>(std::forward<Handler>(handler),
                                                             stream.get_executor()),
          stream_(stream),
          from_(from) {}
    void operator()(beast::error_code error, std::size_t bytes) {
      if (stream_.watcher_ != nullptr) stream_.watcher_->on_written_before(error, bytes);
      if (error) return this->complete_now(error, std::size_t{0});
      stream_.write_some(from_, this->release_handler());
    }
    // It was held back.
    void operator()(beast::error_code /*error*/) {
      stream_.write_some(from_, this->release_handler());
    }

   private:
    SocketStream& stream_;
    Buffers from_;
  };

  template <typename Buffers, typename Handler>
  void write_some(const Buffers& from, Handler&& handler) {
    std::span<const asio::const_buffer> before;
    if (watcher_ != nullptr) before = watcher_->take_what_goes_before();
    Timer* const hold = before.empty() && watcher_ != nullptr ? watcher_->holds_back() : nullptr;
    if (before.empty() && hold == nullptr) return send(from, std::forward<Handler>(handler));
    BehindOp<Buffers, Handler> behind(*this, from, std::forward<Handler>(handler));
    if (hold != nullptr) {
      hold->async_wait(std::move(behind));
    } else if (tls_) {
      asio::async_write(*tls_, before, std::move(behind));
    } else {
      asio::async_write(socket_, before, std::move(behind));
    }
  }
  template <typename Buffers, typename Handler>
  void send(const Buffers& from, Handler&& handler) {
    if (tls_) {
      tls_->async_write_some(from, std::forward<Handler>(handler));
    } else {
      socket_.async_write_some(from, std::forward<Handler>(handler));
    }
  }

  template <typename Buffers, typename Handler>
  void read_some(const Buffers& to, Handler&& handler) {
    if (ahead_begin_ != ahead_end_) {
      const std::size_t copied = take_ahead(to);
      asio::post(get_executor(),
                 asio::append(std::forward<Handler>(handler), beast::error_code(), copied));
      return;
    }
    if (watcher_ != nullptr) watcher_->on_socket_read();
    const Into into = asio::buffer_size(to) >= ahead_.size() ? Into::kTheirs : Into::kAhead;
    ReadOp<Buffers, Handler> op(*this, into, to, std::forward<Handler>(handler));
    if (into == Into::kTheirs) {
      receive(to, std::move(op));
    } else {
      receive(asio::buffer(ahead_), std::move(op));
    }
  }
  template <typename Buffers, typename Handler>
  void receive(const Buffers& to, Handler&& handler) {
    if (tls_) {
      messages_.reset();
      tls_->async_read_some(to, std::forward<Handler>(handler));
    } else {
      socket_.async_read_some(to, std::forward<Handler>(handler));
    }
  }
  template <typename Buffers>
  std::size_t take_ahead(const Buffers& to) {
    const std::size_t copied = asio::buffer_copy(
        to, asio::buffer(ahead_.data() + ahead_begin_, ahead_end_ - ahead_begin_));
    ahead_begin_ += copied;
    if (ahead_begin_ != ahead_end_) return copied;
    // A client that fills the small buffer may fill the large one.
    if (ahead_end_ == http_limits::kSmallReadBytes) ahead_.resize(http_limits::kLargeReadBytes);
    ahead_begin_ = ahead_end_ = 0;
    return copied;
  }

  Socket socket_;
  TlsMessageLimit messages_;  // since the last read began
  std::optional<asio::ssl::stream<Socket&>> tls_;
  StreamWatcher* watcher_ = nullptr;
  std::vector<char> ahead_;  // received bytes; empty: nothing is read ahead
  std::size_t ahead_begin_ = 0;
  std::size_t ahead_end_ = 0;
};

// Beast calls these two by name: this one to close a connection that took too long, ...
inline void beast_close_socket(SocketStream& stream) { stream.close(); }

// ... and this one after a WebSocket's last frame. HttpConnection says goodbye to TLS and TCP
// itself.
template <typename Handler>
void async_teardown(beast::role_type /*role*/, SocketStream& stream, Handler&& handler) {
  asio::post(stream.get_executor(),
             asio::append(std::forward<Handler>(handler), beast::error_code()));
}

}  // namespace isocache
