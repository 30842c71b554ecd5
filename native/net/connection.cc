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

#include "native/base/log.h"
#include "native/base/socket_address.h"

namespace isocache {
namespace {

constexpr std::uint32_t kReadEvents = EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLET;
constexpr std::uint32_t kBrokenEvents = EPOLLHUP | EPOLLERR;
constexpr std::uint32_t kHangUpEvents = EPOLLRDHUP | kBrokenEvents;
// How much may be read beyond an upload's window: the end of the value and the next commands. It is
// small, because in the middle of a large value these bytes have to be copied.
constexpr std::size_t kBeyondWindowBytes = 2048;

}  // namespace

Connection::Connection(FileDescriptor socket, SSL_CTX* tls, Protocols protocols, WorkerHost& host)
    : host_(host),
      socket_(std::move(socket)),
      info_(socket_.get(), host.clock.now_s),
      core_(id, info_, host, host.now_ms, protocols),
      tls_(tls == nullptr ? nullptr
                          : std::make_unique<TlsStream>(*tls, info_.fd, *host.tls_buffers)) {
  int domain = 0;
  socklen_t length = sizeof(domain);
  ::getsockopt(info_.fd, SOL_SOCKET, SO_DOMAIN, &domain, &length);
  reads_end_early_ = domain == AF_UNIX;
  host_.poller.add(info_.fd, kReadEvents, this);
  if (host_.verbosity.traffic()) log_line(fmt::format("<{} new client connection", info_.fd));
}

Connection::~Connection() {
  if (host_.verbosity.traffic()) log_line(fmt::format("<{} connection closed.", info_.fd));
}

bool Connection::on_event(std::uint32_t events) {
  if ((events & (EPOLLIN | kHangUpEvents)) != 0) readable_ = true;
  if ((events & kHangUpEvents) != 0) hung_up_ = true;
  if ((events & kBrokenEvents) != 0) broken_ = true;
  if ((events & EPOLLPRI) != 0) reads_end_early_ = true;
  return !blocked_ || (events & (EPOLLOUT | kBrokenEvents)) != 0;
}

// While the socket is full, its next event brings the turn.
bool Connection::on_woken(LateToken token) {
  core_.note_woken(token);
  return !blocked_;
}

bool Connection::gives_up_late() {
  if (sending()) core_.put_off_late();
  if (sending() || !core_.late_is_overdue()) return false;
  core_.note_late_limit();
  return true;
}

Connection::Next Connection::take_turn() {
  if (sending()) {
    if (!send() || !core_.fits_into_share()) return Next::kClose;
    if (sending()) return blocked_ ? Next::kWaitForEvent : Next::kTakeTurn;
  }
  Session& session = core_.session();
  if (!session.closing()) {
    info_.set_state(ConnectionInfo::State::kExecuting);
    core_.borrow_output();
    if (!receive_or_go_on()) return tls_ ? Next::kLeave : Next::kClose;
    core_.note_waiting();
    core_.note_failed_logins();
    if (!send() || !core_.fits_into_share()) return Next::kClose;
    if (sending()) return blocked_ ? Next::kWaitForEvent : Next::kTakeTurn;
  }
  if (session.closing()) return Next::kLeave;
  if (core_.has_woken()) return Next::kTakeTurn;
  if (session.waiting()) {
    core_.note_memory_wait();
    return Next::kWaitForMemory;
  }
  if (session.wants_turn()) {
    host_.counters.yields.add(1);
    return Next::kTakeTurn;
  }
  // If it is closed while there are bytes to read, the client loses our last replies.
  if (is_done()) return tls_ || !input_ended_ ? Next::kLeave : Next::kClose;
  return may_read() ? Next::kTakeTurn : Next::kWaitForEvent;
}

// False if the connection is broken.
bool Connection::receive_or_go_on() {
  if (core_.goes_on() || core_.has_woken()) {
    core_.go_on();
    return true;
  }
  if (!may_read()) return !broken_;
  const Received received = tls_ ? receive_encrypted() : receive();
  if (received == Received::kEnd) input_ended_ = true;
  return received != Received::kBroken && !(input_ended_ && broken_);
}

LeavingSocket Connection::leave() {
  LeavingSocket leaving;
  if (tls_) leaving.unsent = tls_->end();
  leaving.quiet = info_.is_quiet(host_.clock.now_s);
  host_.poller.remove(info_.fd);
  leaving.socket = std::move(socket_);
  return leaving;
}

bool Connection::is_overdue(std::int64_t handshake_limit_ms) {
  if (handshaking()) {
    if (host_.now_ms - core_.opened_ms() < handshake_limit_ms) return false;
    tls_->give_up();
    log_tls_failure();
    return true;
  }
  if (!core_.session().logged_in()) return core_.login_is_late(host_.now_ms);
  return core_.has_idled_out(busy());
}

Connection::Received Connection::receive() {
  const std::span<char> window = session().upload_window();
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
  if (window.empty()) {
    core_.receive({host_.read_buffer.data(), bytes});
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
    return Received::kBroken;
  }
  if (tls_->ended()) readable_ = true;  // for a last turn
  return Received::kSomething;
}

// Handles the result of a recv() of at most `room` bytes.
Connection::Received Connection::note_received(ssize_t count, std::size_t room) {
  if (count == 0) return Received::kEnd;
  if (count < 0) {
    if (errno == EINTR) return Received::kNothing;  // still readable_
    readable_ = false;
    return errno == EAGAIN ? Received::kNothing : Received::kBroken;
  }
  readable_ = static_cast<std::size_t>(count) == room || hung_up_ || reads_end_early_;
  info_.set_last_active(host_.clock.now_s);
  return Received::kSomething;
}

// Handles all bytes that were put into tls_. A large value's bytes are decrypted straight into
// their place in the store.
void Connection::decrypt() {
  for (;;) {
    const std::span<char> window = session().upload_window();
    if (window.empty()) break;
    const std::size_t bytes = tls_->read(window);
    if (bytes == 0) return;
    core_.receive_upload(bytes);
  }
  const std::string_view plaintext = tls_->read_rest();
  if (!plaintext.empty()) core_.receive(plaintext);
}

void Connection::log_tls_failure() const {
  if (!host_.verbosity.notes()) return;
  const std::string client = peer_address(info_.fd);
  log_line(tls_->established()
               ? fmt::format("TLS connection of {} broke: {}", client, tls_->failure())
               : fmt::format("TLS handshake with {} failed: {}", client, tls_->failure()));
}

void Connection::receive_into_upload(std::span<char> window, std::size_t bytes) {
  const std::size_t into_window = std::min(bytes, window.size());
  core_.receive_upload(into_window);
  if (bytes > into_window) {
    core_.receive_behind_upload({host_.read_buffer.data(), bytes - into_window});
  }
}

bool Connection::send() {
  Output& output = this->output();
  if (output.empty() && !(tls_ && tls_->has_ciphertext())) {
    core_.give_output_back(output);
    return true;
  }
  if (sender_.sent_bytes() == 0 && host_.verbosity.traffic()) core_.log_sent(output);
  const std::size_t before = sender_.sent_bytes();
  const Sender::Result result = tls_ ? tls_->send(output, sender_) : sender_.send(info_.fd, output);
  core_.note_sent(sender_.sent_bytes() - before);
  blocked_ = result == Sender::Result::kBlocked;
  sends_on_ = result == Sender::Result::kMore;
  if (sending()) info_.set_state(ConnectionInfo::State::kWriting);
  if (blocked_) {
    if (!wants_writable_) host_.poller.modify(info_.fd, kReadEvents | EPOLLOUT, this);
    // stays registered: edge-triggered, it costs nothing until the next event
    wants_writable_ = true;
  }
  if (result != Sender::Result::kSent) return sending();
  info_.set_last_active(host_.clock.now_s);  // sending may have taken long
  sender_.reset();
  core_.release(output);
  return true;
}

}  // namespace isocache
