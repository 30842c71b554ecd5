// What the server adds to `stats`, `stats settings` and the administrative commands: process,
// connections, listeners, TLS. To add a statistic, add a line here; for a counter of each worker,
// add a line to base/worker_counters.def. core/command/stats/general.def decides where its row
// stands.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "native/server.h"
#include "protocol/replies.h"

namespace isocache {
namespace {

constexpr unsigned kMicrosecondDigits = 6;

std::uint64_t microseconds(const timeval& time) {
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 +
         static_cast<std::uint64_t>(time.tv_usec);
}

rusage resources_used() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage;
}

std::string_view yes_no(bool yes) { return yes ? "yes" : "no"; }

// In memcached's words.
std::string_view name_of(Protocols protocols) {
  switch (protocols) {
    case Protocols::kAny: break;
    case Protocols::kText: return "ascii";
    case Protocols::kBinary: return "binary";
  }
  return "auto-negotiate";
}

}  // namespace

void Server::register_statistics() {
  const auto relaxed = [](const auto& number) {
    return [&number] { return std::uint64_t{number.load(std::memory_order_relaxed)}; };
  };
  const auto fixed = [](std::uint64_t number) { return [number] { return number; }; };
  const auto connections = [this] { return std::uint64_t{connection_count()}; };
  const unsigned threads = options_.host.threads;

  registry_.gauge("pid", [] { return static_cast<std::uint64_t>(::getpid()); });
  registry_.gauge("uptime", [this] { return clock_.now().clock.now_s - started_s_; });
  registry_.text("libevent", "epoll");
  registry_.gauge(
      "rusage_user", [] { return microseconds(resources_used().ru_utime); }, kMicrosecondDigits);
  registry_.gauge(
      "rusage_system", [] { return microseconds(resources_used().ru_stime); }, kMicrosecondDigits);
  registry_.gauge("max_connections", fixed(options_.host.max_connections));
  registry_.gauge("curr_connections", connections);
  registry_.counter("total_connections", relaxed(accept_counters_.accepted));
  registry_.counter("rejected_connections", relaxed(accept_counters_.rejected));
  registry_.gauge("connection_structures", connections);
  registry_.gauge("response_obj_count", connections);
  registry_.gauge("read_buf_count", fixed(threads));
  registry_.gauge("read_buf_bytes", fixed(threads * Worker::kReadBufferBytes));
  registry_.gauge("reserved_fds", fixed(kReservedDescriptors));
  registry_.gauge("accepting_conns", relaxed(accept_counters_.accepting));
  registry_.counter("listen_disabled_num", relaxed(accept_counters_.times_paused));
  registry_.gauge("threads", fixed(threads));
  if (passwords_) {
    registry_.counter("auth_cmds",
                      [this] { return passwords_->successes() + passwords_->failures(); });
    registry_.counter("auth_errors", [this] { return passwords_->failures(); });
  }
  for (const WorkerCounterRow& row : kWorkerCounters) {
    registry_.counter(row.name, [this, counter = row.counter] { return sum_of(counter); });
  }
  register_watch_statistics();
  // As in memcached, which shows these rows only when they can change.
  if (!options_.host.max_connections_fast) registry_.hide("rejected_connections");
  if (options_.host.idle_timeout_s == 0) registry_.hide("idle_kicks");
}

void Server::register_tls() {
  const auto count = [](const std::atomic<std::uint64_t>& number) {
    return [&number] { return number.load(std::memory_order_relaxed); };
  };
  const TlsCounters& counters = tls_->counters();
  if (options_.tls.session_cache)
    registry_.counter("ssl_new_sessions", count(counters.new_sessions));
  registry_.counter("ssl_handshake_errors", count(counters.handshake_errors));
  registry_.counter("ssl_proto_errors", count(counters.protocol_errors));
  registry_.gauge("time_since_server_cert_refresh",
                  [this] { return clock_.now().clock.now_s - tls_->loaded_at_s(); });
  show_tls(options_.tls, registry_);
}

void Server::register_settings() {
  const HostSettings& host = options_.host;
  const auto text_or = [](const std::string& text, std::string_view none) {
    return text.empty() ? none : std::string_view(text);
  };
  std::uint64_t tcp_port = 0;
  for (const Listener& listener : listeners_) {
    if (listener.serves == Listener::Serves::kMemcached && tcp_port == 0)
      tcp_port = listener.port();
  }
  registry_.setting("maxconns", host.max_connections);
  registry_.setting("tcpport", tcp_port);
  registry_.setting("inter",
                    text_or(fmt::format("{}", fmt::join(options_.listen, ",")), "127.0.0.1"));
  registry_.setting("domain_socket", text_or(options_.unix_socket, "NULL"));
  registry_.setting("umask", fmt::format("{:o}", host.unix_socket_mode));
  registry_.setting("num_threads", host.threads);
  registry_.setting("num_threads_per_udp", host.threads);
  registry_.setting("tcp_backlog", host.tcp_backlog);
  registry_.setting("binding_protocol", name_of(options_.protocols));
  const bool sasl = passwords_ != nullptr && options_.protocols != Protocols::kText;
  registry_.setting("auth_enabled_sasl", yes_no(sasl));
  registry_.setting("auth_enabled_ascii", text_or(options_.auth_file, "no"));
  registry_.setting("maxconns_fast", yes_no(host.max_connections_fast));
  registry_.setting("idle_timeout", host.idle_timeout_s);
  registry_.setting("watcher_logbuf_size", host.watcher_logbuf_bytes);
  registry_.setting("worker_logbuf_size", host.worker_logbuf_bytes);
  registry_.setting("read_buf_mem_limit", host.read_buffer_limit_bytes);
  registry_.setting("drop_privileges", yes_no(host.drop_privileges));
}

// The commands run on a worker's thread.
void Server::register_commands() {
  registry_.page("conns", [this] { return list_connections(); });
  registry_.when_settings_change(
      [this](const Settings& settings) { verbosity_.set(settings.verbosity); });
  if (!tls_) return;
  registry_.command("refresh_certs", [this](AdminCall& call) {
    const char* const error = tls_->reload(call.now_s);
    if (error == nullptr) return call.reply(reply::kOk);
    call.reply(error);
    call.reply("\r\n");
  });
}

std::uint64_t Server::sum_of(WorkerCounter counter) const {
  std::uint64_t sum = http_ ? http_->sum_of(counter) : 0;
  for (const auto& worker : workers_) sum += (worker->counters().*counter).get();
  return sum;
}

}  // namespace isocache
