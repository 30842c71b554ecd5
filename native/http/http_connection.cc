#include "native/http/http_connection.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <array>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/span_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <optional>
#include <string>
#include <utility>

#include "native/base/socket_address.h"
#include "native/base/socket_queues.h"
#include "native/base/traffic_log.h"
#include "native/http/http_limits.h"
#include "native/http/reply_fields.h"
#include "native/http/upgrade.h"

namespace isocache {
namespace {

namespace http = beast::http;
using Field = http::field;

// It refers to the reply's bytes.
using Response = http::response<http::span_body<const char>>;

Response make_response(const Reply& reply, const HttpRequest& request, bool keep_alive,
                       UnixSeconds wall_s) {
  // Answers in the client's own version: its rules decide what `Connection` has to say.
  Response response(static_cast<http::status>(reply.status), request.version() == 10 ? 10 : 11);
  response.set(Field::date, http_date(wall_s));
  for (const auto& [name, value] : kSecurityFields) response.set(name, value);
  for (const auto& [name, value] : reply.fields) response.set(name, value);
  if (reply.status != kNotModified) {
    const std::string_view content = reply.content();
    response.set(Field::content_type, reply.content_type);
    response.content_length(content.size());
    if (request.method() != http::verb::head) response.body() = {content.data(), content.size()};
  }
  response.keep_alive(keep_alive);
  // `Upgrade` concerns this connection alone (RFC 9110, section 7.8)
  if (response.count(Field::upgrade) != 0) {
    response.set(Field::connection, keep_alive ? "upgrade" : "upgrade, close");
  }
  return response;
}

// The status for a request that cannot be parsed. 0: send nothing, because nobody waits for it.
unsigned status_of(beast::error_code error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) return 431;
  if (error == http::error::bad_version) return 505;
  if (error == http::error::end_of_stream || error == http::error::partial_message) return 0;
  return error.category() == make_error_code(http::error::bad_method).category() ? 400 : 0;
}

// Returns true if the first line ends without a carriage return. Beast takes the line feed for a
// part of the version, and reports a bad version.
bool begins_with_bare_newline(const beast::flat_buffer& received) {
  const std::string_view text(static_cast<const char*>(received.data().data()), received.size());
  const auto end = text.find('\n');
  return end != std::string_view::npos && (end == 0 || text[end - 1] != '\r');
}

UpgradeRequest upgrade_request(const HttpRequest& request, bool encrypted) {
  UpgradeRequest upgrade;
  upgrade.host = request[Field::host];
  if (const auto origin = request.find(Field::origin); origin != request.end()) {
    upgrade.origin = origin->value();
  }
  const auto [begin, end] = request.equal_range(Field::sec_websocket_protocol);
  for (auto field = begin; field != end; ++field) {
    upgrade.subprotocols += field->value();
    upgrade.subprotocols += ',';
  }
  upgrade.authorization = request[Field::authorization];
  upgrade.key = request[Field::sec_websocket_key];
  upgrade.version = request[Field::sec_websocket_version];
  upgrade.encrypted = encrypted;
  return upgrade;
}

// Finds what makes a request ambiguous although Beast accepts it.
std::optional<std::string_view> find_fault(const HttpRequest& request) {
  if (request.version() >= 11 && request.count(Field::host) != 1) return "one Host field is needed";
  if (request.count(Field::origin) > 1) return "more than one Origin field";
  return std::nullopt;
}

// Joins the fields of one name, because Beast looks only at the first.
void join_fields(HttpRequest& request, Field name) {
  if (request.count(name) < 2) return;
  std::string all;
  const auto [begin, end] = request.equal_range(name);
  for (auto field = begin; field != end; ++field) {
    all += all.empty() ? "" : ", ";
    all += field->value();
  }
  request.set(name, all);
}

}  // namespace

HttpConnection::HttpConnection(asio::io_context& context, FileDescriptor socket,
                               const std::shared_ptr<SSL_CTX>& tls, bool crowded, HttpHost& host)
    : host_(host),
      crowded_(crowded),
      stream_(context, std::move(socket)),
      info_(stream_.fd(), host.clock.now_s),
      buffer_(http_limits::kHeaderBytes) {
  if (tls) stream_.start_tls(tls.get());
  if (host_.verbosity.traffic()) log_line(fmt::format("<{} new http connection", info_.fd));
}

void HttpConnection::enter(Phase phase, std::int64_t limit_ms) {
  phase_ = phase;
  late_ = false;
  deadline_ms_ = host_.now_ms() + limit_ms;
}

Awaitable<void> HttpConnection::run() {
  enter(Phase::kHandshake, host_.options.times.first_request);
  bool more = co_await handshake();
  phase_ = Phase::kReading;  // the handshake and the first request share one time limit
  while (more) {
    more = co_await serve_request();
    enter(Phase::kReading, host_.options.times.keep_alive);
  }
  if (has_answered_) co_await say_goodbye();
  if (host_.verbosity.traffic()) log_line(fmt::format("<{} http connection closed.", info_.fd));
}

Awaitable<bool> HttpConnection::handshake() {
  if (!stream_.encrypted()) co_return true;
  co_await stream_.async_wait_readable(kToken);
  co_await host_.handshakes.async_turn(kToken);
  const auto [error] = co_await stream_.async_handshake(kToken);
  if (error) {
    host_.tls_counters->handshake_errors.fetch_add(1, std::memory_order_relaxed);
    if (host_.verbosity.notes()) {
      log_line(
          fmt::format("TLS handshake with {} failed: {}", peer_address(info_.fd), error.message()));
    }
  }
  co_return !error;
}

Awaitable<bool> HttpConnection::serve_request() {
  if (host_.draining) co_return false;
  Parser& parser = parser_.emplace();
  parser.header_limit(http_limits::kHeaderBytes);
  parser.body_limit(boost::none);  // bodies are not read, so they need no limit
  const auto [error, bytes] = co_await http::async_read_header(stream_, buffer_, parser, kToken);
  host_.counters.bytes_read.add(bytes);
  if (error) {
    co_await refuse(error, parser.got_some() || buffer_.size() != 0);
    co_return false;
  }
  host_.clock = host_.host_clock.now().clock;
  info_.set_last_active(host_.clock.now_s);
  const bool finished = parser.is_done();
  HttpRequest request = parser.release();
  parser_.reset();
  // The body is not read, and its length may be unknown.
  const bool has_body = !finished || request.count(Field::transfer_encoding) != 0;
  if (host_.verbosity.traffic()) {
    log_traffic(Direction::kReceived, info_.fd,
                fmt::format("{} {}", std::string_view(request.method_string()),
                            std::string_view(request.target())));
  }
  if (const auto fault = find_fault(request)) {
    co_await send(error_reply(400, *fault), request, false);
    co_return false;
  }
  for (const Field name : {Field::connection, Field::accept_encoding, Field::if_none_match}) {
    join_fields(request, name);
  }
  request.erase(Field::expect);  // "100-continue": we do not want the body
  if (path_of(request.target()) == kWebSocketPath && beast::websocket::is_upgrade(request)) {
    const bool more = co_await serve_websocket(request, has_body);
    co_return more;
  }
  Reply reply =
      answer({.method = request.method_string(),
              .target = request.target(),
              .authorization = request[Field::authorization],
              .host_is_ours = !is_on_loopback(info_.fd) ||
                              names_us(request[Field::host], host_.options.http.allowed_origins),
              .accept_encoding = request[Field::accept_encoding],
              .if_none_match = request[Field::if_none_match]},
             host_.page_sources);
  const bool more = co_await send(std::move(reply), request, !has_body && request.keep_alive());
  co_return more;
}

Awaitable<bool> HttpConnection::serve_websocket(const HttpRequest& request, bool has_body) {
  Upgrade upgrade = check_upgrade(upgrade_request(request, stream_.encrypted()),
                                  {.allowed_origins = host_.options.http.allowed_origins,
                                   .passwords = host_.page_sources.passwords});
  if (!upgrade.refusal && (has_body || buffer_.size() != 0)) {
    upgrade.refusal = error_reply(400, "bytes behind the request: frames come after the reply");
  }
  if (upgrade.refusal) {
    co_await send(std::move(*upgrade.refusal), request, false);
    co_return false;
  }
  if (crowded_) {
    co_await send(too_many_connections(), request, false);
    co_return false;
  }
  phase_ = Phase::kWebSocket;
  has_answered_ = true;
  websocket_ = make_websocket(id, stream_, host_, info_);
  co_await websocket_->run(request, upgrade);
  if (websocket_->broken()) has_answered_ = false;
  co_return false;
}

Awaitable<void> HttpConnection::refuse(beast::error_code error, bool began) {
  host_.note_tls_error(error);
  if (error == http::error::bad_version && begins_with_bare_newline(buffer_)) {
    error = http::error::bad_line_ending;
  }
  if (error == asio::error::operation_aborted && late_ && began) {
    co_await send(error_reply(408, "the request took too long"), {}, false);
  } else if (const unsigned status = status_of(error); status != 0) {
    co_await send(error_reply(status, error.message()), {}, false);
  }
}

Awaitable<bool> HttpConnection::send(Reply reply, const HttpRequest& request, bool keep_alive) {
  enter(Phase::kReplying, host_.options.times.write);
  has_answered_ = true;
  info_.set_state(ConnectionInfo::State::kWriting);
  if (reply.status == 401) {
    keep_alive = false;  // each guess at a password costs a new connection
    const bool guessed = request.count(Field::authorization) != 0 ||
                         request.count(Field::sec_websocket_protocol) != 0;
    if (guessed && host_.verbosity.notes()) log_failed_login(peer_address(info_.fd));
  }
  if (host_.draining || crowded_) keep_alive = false;
  auto response = make_response(reply, request, keep_alive, host_.host_clock.now().clock.wall_s());
  const auto [error, bytes] = co_await http::async_write(stream_, response, kToken);
  host_.counters.bytes_written.add(bytes);
  info_.set_state(ConnectionInfo::State::kReading);
  if (error) has_answered_ = false;
  co_return !error && response.keep_alive();
}

// If a socket with unread bytes is closed, the connection is reset and the other end loses our last
// reply. So we end our side, and drop what still comes until the other end ends its side or its
// time is up.
Awaitable<void> HttpConnection::say_goodbye() {
  phase_ = Phase::kClosing;
  goodbye_.start(host_.now_ms(), host_.options.times.close);
  if (stream_.encrypted()) co_await stream_.async_tls_shutdown(kToken);
  stream_.shutdown_send();
  std::array<char, 4096> dropped{};
  for (;;) {
    const auto [error, bytes] = co_await stream_.async_drop_some(asio::buffer(dropped), kToken);
    if (error) break;
    goodbye_.heard(host_.now_ms());
  }
}

void HttpConnection::wake(LateToken token) {
  if (phase_ == Phase::kWebSocket) websocket_->wake(token);
}

void HttpConnection::tick(std::int64_t now_ms) {
  if (phase_ == Phase::kWebSocket) return websocket_->tick(now_ms);
  if (phase_ == Phase::kClosing) {
    if (goodbye_.is_over(now_ms, info_.fd, host_.draining)) stream_.close();
    return;
  }
  if (now_ms < deadline_ms_) return;
  if (phase_ == Phase::kReading) {
    late_ = true;
    stream_.cancel();
  } else {
    stream_.close();
  }
}

// Some bytes of a request are here, parsed or not.
bool HttpConnection::request_began() {
  return (parser_ && parser_->got_some()) || buffer_.size() != 0 || unread_bytes(info_.fd) != 0;
}

// No reply was sent, or all replies arrived some time ago.
bool HttpConnection::may_be_cut_off() const {
  if (!has_answered_) return true;
  return unacknowledged_bytes(info_.fd) == 0 && info_.is_quiet(host_.clock.now_s);
}

void HttpConnection::drain() {
  if (phase_ == Phase::kWebSocket) return websocket_->drain();
  if (phase_ == Phase::kHandshake) stream_.close();
  if (phase_ != Phase::kReading || request_began()) return;
  may_be_cut_off() ? stream_.close() : stream_.cancel();
}

void HttpConnection::close() {
  if (phase_ == Phase::kWebSocket) return websocket_->close();
  stream_.close();
}

}  // namespace isocache
