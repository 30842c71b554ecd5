#include "bench/loadgen_connection.h"

#include <fcntl.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace isocache::bench {

void LoadCounts::add(const LoadCounts& other) {
  latency.add(other.latency);
  requests += other.requests;
  keys += other.keys;
  values += other.values;
  errors += other.errors;
  received_bytes += other.received_bytes;
  if (first_error.empty()) first_error = other.first_error;
}

namespace {

SSL_CTX* client_context() {
  static SSL_CTX* const context = [] {
    SSL_CTX* const made = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_mode(made, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return made;
  }();
  return context;
}

// What OpenSSL says, as errno.
ssize_t result_of(const SSL* tls, int result) {
  if (result > 0) return result;
  const int error = SSL_get_error(tls, result);
  if (error == SSL_ERROR_ZERO_RETURN) return 0;
  errno = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? EAGAIN : EPROTO;
  return -1;
}

}  // namespace

Connection::Connection(const std::string& address, bool tls, Workload& workload)
    : socket_(connect_to(address)),
      tls_(tls ? SSL_new(client_context()) : nullptr, SSL_free),
      workload_(workload),
      input_(std::size_t{1} << 16U, '\0') {
  if (tls_) {
    SSL_set_fd(tls_.get(), fd());
    if (SSL_connect(tls_.get()) != 1) throw std::runtime_error("no TLS with " + address);
  }
  fcntl(fd(), F_SETFL, fcntl(fd(), F_GETFL) | O_NONBLOCK);
}

void Connection::start_batch(unsigned depth, SteadyClock::time_point due) {
  due_ = due;
  request_.clear();
  sent_bytes_ = 0;
  expected_.clear();
  next_reply_ = 0;
  for (unsigned i = 0; i < depth; ++i) expected_.push_back(workload_.next(request_));
  send();
}

void Connection::send() {
  while (!sent()) {
    const ssize_t bytes = write_some(request_.data() + sent_bytes_, request_.size() - sent_bytes_);
    if (bytes < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (bytes < 0) throw std::runtime_error(std::string("send: ") + std::strerror(errno));
    sent_bytes_ += static_cast<std::size_t>(bytes);
  }
}

void Connection::receive(LoadCounts& counts) {
  do {  // the kernel does not tell of what OpenSSL has already read
    make_room();
    const ssize_t bytes = read_some(input_.data() + end_, input_.size() - end_);
    if (bytes < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (bytes <= 0) throw std::runtime_error("the server closed a connection");
    end_ += static_cast<std::size_t>(bytes);
    counts.received_bytes += static_cast<std::uint64_t>(bytes);
    take_replies(counts);
  } while (tls_ && SSL_pending(tls_.get()) != 0);
}

ssize_t Connection::write_some(const char* from, std::size_t bytes) {
  if (!tls_) return ::send(fd(), from, bytes, MSG_NOSIGNAL);
  return result_of(tls_.get(), SSL_write(tls_.get(), from, static_cast<int>(bytes)));
}

ssize_t Connection::read_some(char* to, std::size_t bytes) {
  if (!tls_) return ::recv(fd(), to, bytes, 0);
  return result_of(tls_.get(), SSL_read(tls_.get(), to, static_cast<int>(bytes)));
}

void Connection::take_replies(LoadCounts& counts) {
  std::uint64_t complete = 0;
  while (!idle()) {
    Expected& expected = expected_[next_reply_];
    const std::uint32_t keys = expected.keys;
    const Reply reply =
        workload_.read(std::string_view(input_).substr(begin_, end_ - begin_), expected);
    if (reply.bytes == 0) break;
    begin_ += reply.bytes;
    counts.values += reply.values;
    // A get counts its keys off as it sees them; those never seen are misses.
    counts.keys += reply.complete ? keys : keys - expected.keys;
    if (reply.error != nullptr) {
      ++counts.errors;
      if (counts.first_error.empty()) counts.first_error = reply.error;
    }
    if (reply.complete) {
      ++next_reply_;
      ++complete;
    }
  }
  counts.requests += complete;
  const auto latency = std::chrono::nanoseconds(SteadyClock::now() - due_).count();
  counts.latency.add(static_cast<std::uint64_t>(latency), complete);
}

// Moves what is unread to the front, and grows when a large value fills the buffer.
void Connection::make_room() {
  if (begin_ == end_) begin_ = end_ = 0;
  if (end_ < input_.size()) return;
  if (begin_ == 0) {
    input_.resize(2 * input_.size());
    return;
  }
  std::memmove(input_.data(), input_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
}

}  // namespace isocache::bench
