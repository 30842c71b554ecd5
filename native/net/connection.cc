#include "native/net/connection.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

#include "native/net/address.h"
#include "native/net/tcp_progress.h"

namespace isocache {
namespace {

constexpr std::uint32_t kReadEvents = EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLET;
constexpr std::uint32_t kHangUpEvents = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
// What may be read beyond an upload's window: the end of the value and the next commands. Short,
// because in the middle of a large value it has to be copied.
constexpr std::size_t kBeyondWindowBytes = 2048;
// A buffer that grew beyond this for one long reply is not kept.
constexpr std::size_t kKeptOutputBytes = 64U << 10;
// Two seconds by a clock of seconds are more than one: whatever went in or out before has arrived.
constexpr UnixSeconds kQuiet_s = 1;

}  // namespace

Connection::Connection(FileDescriptor socket, SSL_CTX* tls, ConnectionHost& host)
    : host_(host),
      socket_(std::move(socket)),
      info_(socket_.get(), host.clock.now_s),
      session_(host.backend, host.clock, host.session_options),
      tls_(tls == nullptr ? nullptr
                          : std::make_unique<TlsStream>(*tls, info_.fd, *host.tls_buffers)),
      opened_s_(host.clock.now_s) {
  int domain = 0;
  socklen_t length = sizeof(domain);
  ::getsockopt(info_.fd, SOL_SOCKET, SO_DOMAIN, &domain, &length);
  reads_end_early_ = domain == AF_UNIX;
  host_.poller.add(info_.fd, kReadEvents, this);
  if (host_.verbosity.traffic()) log_line(fmt::format("<{} new client connection", info_.fd));
}

Connection::~Connection() {
  host_.backend.release(session_.output());
  session_.output().clear();
  give_output_back();
  if (host_.verbosity.traffic()) log_line(fmt::format("<{} connection closed.", info_.fd));
}

bool Connection::on_event(std::uint32_t events) {
  if ((events & (EPOLLIN | kHangUpEvents)) != 0) readable_ = true;
  if ((events & kHangUpEvents) != 0) hung_up_ = true;
  if ((events & EPOLLPRI) != 0) reads_end_early_ = true;
  return !blocked_ || (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0;
}

Connection::Next Connection::take_turn() {
  if (sending()) {
    if (!send()) return Next::kClose;
    if (sending()) return blocked_ ? Next::kWaitForEvent : Next::kTakeTurn;
  }
  if (!session_.closing()) {
    info_.set_state(ConnectionInfo::State::kExecuting);
    borrow_output();
    if (session_.wants_turn() || session_.waiting()) {
      session_.resume();
    } else if (may_read() && (tls_ ? receive_encrypted() : receive()) == Received::kEnd) {
      return tls_ ? Next::kLeave : Next::kClose;
    }
    info_.set_state(ConnectionInfo::State::kReading);
    if (host_.session_options.authenticator != nullptr) note_failed_logins();
    if (!send()) return Next::kClose;
    if (sending()) return blocked_ ? Next::kWaitForEvent : Next::kTakeTurn;
  }
  if (session_.closing()) return Next::kLeave;
  if (session_.waiting()) {
    hold_watch_.note_wait();
    return Next::kWaitForMemory;
  }
  if (session_.wants_turn()) {
    host_.counters.yields.add(1);
    return Next::kTakeTurn;
  }
  return may_read() ? Next::kTakeTurn : Next::kWaitForEvent;
}

LeavingSocket Connection::leave() {
  LeavingSocket leaving;
  if (tls_) leaving.unsent = tls_->end();
  leaving.quiet = host_.clock.now_s - info_.last_active_s() > kQuiet_s;
  host_.poller.remove(info_.fd);
  leaving.socket = std::move(socket_);
  return leaving;
}

void Connection::note_failed_logins() {
  while (failed_logins_ < session_.failed_logins()) {
    ++failed_logins_;
    if (host_.verbosity.notes()) log_failed_login(peer_address(info_.fd));
  }
}

Connection::Received Connection::receive() {
  const std::span<char> window = session_.upload_window();
  std::size_t room = host_.read_buffer.size();
  ssize_t count = 0;
  if (window.empty()) {
    count = ::recv(info_.fd, host_.read_buffer.data(), room, 0);
  } else {
    const std::array<iovec, 2> spans = {
        iovec{window.data(), window.size()},
        iovec{host_.read_buffer.data(), std::min(room, kBeyondWindowBytes)}};
    room = spans[0].iov_len + spans[1].iov_len;
    count = ::readv(info_.fd, spans.data(), static_cast<int>(spans.size()));
  }
  const Received received = note_received(count, room);
  if (received != Received::kSomething) return received;
  const auto bytes = static_cast<std::size_t>(count);
  host_.counters.bytes_read.add(bytes);
  if (window.empty()) {
    receive_into_session({host_.read_buffer.data(), bytes});
  } else {
    receive_into_upload(window, bytes);
  }
  return Received::kSomething;
}

Connection::Received Connection::receive_encrypted() {
  if (tls_->ended()) return Received::kEnd;
  const std::size_t room = host_.read_buffer.size();
  const ssize_t count = ::recv(info_.fd, host_.read_buffer.data(), room, 0);
  const Received received = note_received(count, room);
  if (received != Received::kSomething) return received;
  tls_->put({host_.read_buffer.data(), static_cast<std::size_t>(count)});
  decrypt();
  if (tls_->failed()) {
    log_tls_failure();
    return Received::kEnd;
  }
  if (tls_->ended()) readable_ = true;  // for a last turn
  return Received::kSomething;
}

// What recv() of at most `room` bytes returned.
Connection::Received Connection::note_received(ssize_t count, std::size_t room) {
  if (count == 0) return Received::kEnd;
  if (count < 0) {
    if (errno == EINTR) return Received::kNothing;  // still readable_
    readable_ = false;
    return errno == EAGAIN ? Received::kNothing : Received::kEnd;
  }
  readable_ = static_cast<std::size_t>(count) == room || hung_up_ || reads_end_early_;
  info_.set_last_active(host_.clock.now_s);
  return Received::kSomething;
}

// All that was put into tls_: of a large value straight to where it belongs.
void Connection::decrypt() {
  for (;;) {
    const std::span<char> window = session_.upload_window();
    if (window.empty()) break;
    const std::size_t bytes = tls_->read(window);
    if (bytes == 0) return;
    session_.upload_received(bytes);
    moved_bytes_ += bytes;
    host_.counters.bytes_read.add(bytes);
  }
  const std::string_view plaintext = tls_->read_rest();
  host_.counters.bytes_read.add(plaintext.size());
  if (!plaintext.empty()) receive_into_session(plaintext);
}

void Connection::log_tls_failure() const {
  if (!host_.verbosity.notes()) return;
  const std::string client = peer_address(info_.fd);
  log_line(tls_->established()
               ? fmt::format("TLS connection of {} broke: {}", client, tls_->failure())
               : fmt::format("TLS handshake with {} failed: {}", client, tls_->failure()));
}

void Connection::give_up_handshake() {
  tls_->give_up();
  log_tls_failure();
}

void Connection::receive_into_session(std::string_view received) {
  if (host_.verbosity.traffic() && session_.buffered() == 0) log_traffic('<', info_.fd, received);
  session_.feed(received);
  if (session_.spoke_binary() && host_.verbosity.notes()) log_binary_client(peer_address(info_.fd));
}

void Connection::receive_into_upload(std::span<char> window, std::size_t bytes) {
  const std::size_t into_window = std::min(bytes, window.size());
  session_.upload_received(into_window);
  moved_bytes_ += into_window;
  if (bytes > into_window) session_.feed({host_.read_buffer.data(), bytes - into_window});
}

bool Connection::holds_too_long() {
  const std::size_t receiving = session_.waiting() ? 0 : session_.upload_remaining();
  const bool sends = blocked_ && session_.output().has_pins();
  const std::uint64_t held = receiving != 0 ? receiving : sends ? session_.output().size() : 0;
  const std::uint64_t taken = sends && receiving == 0 ? bytes_acknowledged(info_.fd) : 0;
  return hold_watch_.look(held, moved_bytes_ + taken, host_.clock.now_s);
}

void Connection::count_held_too_long() {
  const bool receiving = session_.upload_remaining() != 0;
  WorkerCounters& counters = host_.counters;
  (receiving ? counters.closed_stalled_uploads : counters.closed_slow_readers).add(1);
  if (!host_.verbosity.notes()) return;
  log_line(
      fmt::format("{} closed: others wait for the memory of {}", peer_address(info_.fd),
                  receiving ? "a value that does not arrive" : "replies that it does not take"));
}

bool Connection::send() {
  Output& output = session_.output();
  if (output.empty() && !(tls_ && tls_->has_ciphertext())) {
    give_output_back();
    return true;
  }
  if (sender_.sent_bytes() == 0 && host_.verbosity.traffic()) {
    output.for_each_span([&, first = true](std::string_view span) mutable {
      if (std::exchange(first, false)) log_traffic('>', info_.fd, span);
    });
  }
  const std::size_t before = sender_.sent_bytes();
  const Sender::Result result = tls_ ? tls_->send(output, sender_) : sender_.send(info_.fd, output);
  host_.counters.bytes_written.add(sender_.sent_bytes() - before);
  moved_bytes_ += sender_.sent_bytes() - before;
  blocked_ = result == Sender::Result::kBlocked;
  sends_on_ = result == Sender::Result::kMore;
  if (sending()) info_.set_state(ConnectionInfo::State::kWriting);
  if (blocked_) {
    if (!wants_writable_) host_.poller.modify(info_.fd, kReadEvents | EPOLLOUT, this);
    wants_writable_ = true;  // for good: edge-triggered, it costs nothing until the next time
  }
  if (result != Sender::Result::kSent) return sending();
  info_.set_last_active(host_.clock.now_s);  // it may have taken long
  host_.backend.release(output);
  output.clear();
  sender_.reset();
  give_output_back();
  return true;
}

void Connection::borrow_output() {
  if (session_.output().capacity() == 0) std::swap(session_.output(), host_.spare_output);
}

// REQUIRES: the output is empty.
void Connection::give_output_back() {
  Output& output = session_.output();
  if (output.capacity() > kKeptOutputBytes) output = Output();
  if (host_.spare_output.capacity() == 0) {
    std::swap(output, host_.spare_output);
  } else if (output.capacity() != 0) {
    output = Output();
  }
}

}  // namespace isocache
