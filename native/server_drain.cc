// The main thread's part in the server's orderly end (drain). README.md says what a drain promises.
// Each transport keeps the promise for its own connections.
//
//   begin_delay()   /readyz says 503, everything else goes on (--drain-delay)
//   begin_drain()   no new clients; each thread answers what has begun (--drain-timeout)
//   end()           closes what is left, and joins the threads
#include <fmt/format.h>

#include "native/server.h"

namespace isocache {
namespace {

// The time after --drain-timeout that is announced to the service manager: joining threads, freeing
// memory.
constexpr std::int64_t kEnd_ms = 5000;

std::string counted(unsigned number, std::string_view what) {
  return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

}  // namespace

// Load balancers learn from /readyz to send requests elsewhere. Until they do, the server answers
// them.
void Server::begin_delay() {
  phase_ = Phase::kDelaying;
  phase_ends_ms_ = clock_.now().monotonic_ms + std::int64_t{options_.drain_delay_s} * 1000;
  readiness_ = Readiness::kDraining;
  service_manager_.stopping(
      "Draining", std::int64_t{options_.drain_delay_s + options_.drain_timeout_s} * 1000 + kEnd_ms);
  if (verbosity_.notes()) log_line(fmt::format("draining in {} s", options_.drain_delay_s));
}

void Server::begin_drain() {
  if (phase_ == Phase::kDraining || phase_ == Phase::kEnded) return;
  const std::int64_t grace_ms = std::int64_t{options_.drain_timeout_s} * 1000;
  phase_ = Phase::kDraining;
  phase_ends_ms_ = clock_.now().monotonic_ms + grace_ms;
  readiness_ = Readiness::kDraining;
  service_manager_.stopping("Draining", grace_ms + kEnd_ms);
  if (verbosity_.notes()) {
    log_line(fmt::format("draining {}", counted(connection_count(), "connection")));
  }
  wakes_when_closed_ = true;
  acceptor_->stop();
  if (http_) http_->drain();
  for (const auto& worker : workers_) worker->stop(grace_ms);
}

// The order of the two matters: a connection is counted as lingering before it stops counting as
// open.
bool Server::all_gone() const { return connection_count() == 0 && lingering_count() == 0; }

void Server::end() {
  if (const unsigned left = connection_count() + lingering_count();
      left != 0 && verbosity_.notes()) {
    log_line(fmt::format("closing {}", counted(left, "connection")));
  }
  acceptor_->stop();
  for (const auto& worker : workers_) worker->stop(0);
  if (http_) http_->stop();
  for (const auto& worker : workers_) worker->join();
  if (http_) http_->join();
  http_.reset();
  workers_.clear();
  listeners_.clear();
}

void Server::on_connection_closed() {
  const bool accepting = accept_counters_.accepting.load(std::memory_order_relaxed);
  if (accepting && !wakes_when_closed_.load(std::memory_order_relaxed)) return;
  poller_.wake();
}

void Server::on_stop_requested() {
  stop_requested_ = true;
  poller_.wake();
}

}  // namespace isocache
