#include "bench/loadgen/loadgen_connection.h"

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

Connection::Connection(const std::string& address, const TransportOptions& transport,
                       Workload& workload)
    : transport_(address, transport), workload_(workload), input_(std::size_t{1} << 16U, '\0') {}

void Connection::start_batch(unsigned depth, SteadyClock::time_point due) {
  due_ = due;
  request_.clear();
  sent_bytes_ = 0;
  expected_.clear();
  next_reply_ = 0;
  for (unsigned i = 0; i < depth; ++i) expected_.push_back(workload_.next(request_));
  transport_.wrap(request_);
  send();
}

void Connection::send() {
  while (!sent()) {
    const ssize_t bytes =
        transport_.write_some(request_.data() + sent_bytes_, request_.size() - sent_bytes_);
    if (bytes < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (bytes < 0) throw std::runtime_error(std::string("send: ") + std::strerror(errno));
    sent_bytes_ += static_cast<std::size_t>(bytes);
  }
}

void Connection::receive(LoadCounts& counts) {
  do {  // the kernel does not report bytes that TLS has already read
    make_room();
    const ssize_t bytes = transport_.read_some(input_.data() + end_, input_.size() - end_);
    if (bytes < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (bytes <= 0) throw std::runtime_error("the server closed a connection");
    end_ += static_cast<std::size_t>(bytes);
    counts.received_bytes += static_cast<std::uint64_t>(bytes);
    take_replies(counts);
  } while (transport_.has_more());
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
    // A get counts its keys as they come; keys that do not come are misses.
    counts.keys += reply.complete ? keys : keys - expected.keys;
    if (reply.error != nullptr) {
      ++counts.errors;
      if (counts.first_error.empty()) counts.first_error = reply.error;
    }
    if (reply.complete) {
      workload_.finish(expected, reply);
      ++next_reply_;
      ++complete;
    }
  }
  counts.requests += complete;
  const auto latency = std::chrono::nanoseconds(SteadyClock::now() - due_).count();
  counts.latency.add(static_cast<std::uint64_t>(latency), complete);
}

// Moves the unread bytes to the front, and grows if a large value fills the buffer.
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
