// The main thread's loop: clients, signals, the service manager. The end is in server_drain.cc.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <limits>

#include "native/server.h"

namespace isocache {
namespace {

// While draining: how often to check for connections that are gone without a notice.
constexpr std::int64_t kDrainCheck_ms = 100;

}  // namespace

void Server::run() {
  poller_.add(signals_.fd(), EPOLLIN, &signals_);
  acceptor_->start();
  service_manager_.ready("Serving");
  while (phase_ != Phase::kEnded) {
    for (const epoll_event& event : poller_.wait(until_next_timer_ms())) handle(event);
    run_timers();
  }
  end();
}

int Server::until_next_timer_ms() const {
  constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
  const std::int64_t now_ms = clock_.now().monotonic_ms;
  std::int64_t next = acceptor_->timer_at_ms();
  if (phase_ != Phase::kServing) next = std::min(next, phase_ends_ms_);
  if (phase_ == Phase::kDraining) next = std::min(next, now_ms + kDrainCheck_ms);
  if (service_manager_.watchdog_interval_ms() != 0) next = std::min(next, watchdog_at_ms_);
  if (next == kNever) return -1;
  return static_cast<int>(std::clamp<std::int64_t>(next - now_ms, 0, 60'000));
}

void Server::handle(const epoll_event& event) {
  if (Poller::is_wake(event)) return acceptor_->resume();
  if (event.data.ptr == &signals_) return read_signals();
  acceptor_->on_event(event);
}

void Server::run_timers() {
  const std::int64_t now_ms = clock_.now().monotonic_ms;
  acceptor_->run_timer(now_ms);
  if (stop_requested_.exchange(false)) begin_drain();
  if (phase_ == Phase::kDelaying && now_ms >= phase_ends_ms_) begin_drain();
  if (phase_ == Phase::kDraining && (all_gone() || now_ms >= phase_ends_ms_)) {
    phase_ = Phase::kEnded;
  }
  run_watchdog();
}

void Server::read_signals() {
  while (const auto signal = signals_.next()) on_signal(*signal);
}

void Server::on_signal(int signal) {
  if (signal == SIGHUP) return reload();
  if (phase_ != Phase::kServing) {
    phase_ = Phase::kEnded;
  } else if (signal == SIGUSR1 || options_.drain_delay_s == 0) {
    begin_drain();
  } else {
    begin_delay();
  }
}

// SIGHUP. If a file cannot be read, its previous content stays in force.
void Server::reload() {
  const bool serving = phase_ == Phase::kServing;
  if (serving) service_manager_.reloading();
  if (tls_) report_reload("certificates", tls_->reload(clock_.now().clock.now_s));
  if (passwords_) report_reload("passwords", passwords_->reload());
  if (!tls_ && !passwords_)
    log_line("SIGHUP: there are neither certificates nor passwords to reload");
  if (serving) service_manager_.ready("Serving");
}

void Server::report_reload(const char* what, const char* error) {
  if (error == nullptr) return log_line(fmt::format("SIGHUP: {} reloaded", what));
  log(LogEntry{.message = fmt::format("SIGHUP: {} not reloaded, the old ones stay in force: {}",
                                      what, error),
               .level = LogLevel::kError,
               .fields = {{"error", std::string(error)}}});
}

void Server::run_watchdog() {
  const std::int64_t now_ms = clock_.now().monotonic_ms;
  if (service_manager_.watchdog_interval_ms() == 0 || now_ms < watchdog_at_ms_) return;
  watchdog_at_ms_ = now_ms + service_manager_.watchdog_interval_ms();
  // While draining, workers end one by one. That has a limit of its own.
  if (threads_alive() || phase_ == Phase::kDraining) service_manager_.alive();
}

// Returns true if each worker has ticked since the last call, and each thread of the HTTP port has
// answered.
bool Server::threads_alive() {
  const bool first = ticks_seen_.empty();
  ticks_seen_.resize(workers_.size());
  bool all = !http_ || http_->alive();
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    const std::uint64_t ticks = workers_[i]->counters().ticks.get();
    all &= first || ticks != ticks_seen_[i];
    ticks_seen_[i] = ticks;
  }
  return all;
}

}  // namespace isocache
