// `stats conns`: the listeners and connections, a few at a time.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "command/stats/writer.h"
#include "native/base/socket_address.h"
#include "native/server.h"

namespace isocache {
namespace {

// memcached's names for states, which tools show.
std::string_view state_name(ConnectionInfo::State state) {
  switch (state) {
    case ConnectionInfo::State::kReading: return "conn_read";
    case ConnectionInfo::State::kReceiving: return "conn_nread";
    case ConnectionInfo::State::kExecuting: return "conn_parse_cmd";
    case ConnectionInfo::State::kWriting: return "conn_mwrite";
    case ConnectionInfo::State::kWatching: return "conn_watch";
  }
  return "";
}

// What `stats conns` shows of a listener or a connection. The connection may have ended by the time
// the line is written.
struct ListedSocket {
  int fd = -1;
  std::optional<ConnectionInfo::State> state = {};  // none: it listens
  UnixSeconds last_active_s = 0;

  void write(UnixSeconds now_s, StatsWriter& stats) const {
    const auto add = [&](std::string_view key, auto value) {
      stats.add(fmt::format("{}:{}", fd, key), value);
    };
    add("addr", std::string_view(state ? peer_address(fd) : local_address(fd)));
    if (state) add("listen_addr", std::string_view(local_address(fd)));
    add("state", state ? state_name(*state) : std::string_view("conn_listening"));
    add("secs_since_last_cmd",
        state ? std::uint64_t{now_s - std::min(now_s, last_active_s)} : std::uint64_t{0});
  }
};

// Keeps the few sockets with the lowest descriptors above a given one.
class LowestDescriptors {
 public:
  explicit LowestDescriptors(int above) : above_(above) {}

  void offer(const ListedSocket& socket) {
    if (socket.fd <= above_) return;
    if (count_ == found_.size()) {
      if (socket.fd > found_.front().fd) return;
      std::ranges::pop_heap(found_, {}, &ListedSocket::fd);
      --count_;
    }
    found_[count_++] = socket;
    std::ranges::push_heap(std::span(found_).first(count_), {}, &ListedSocket::fd);
  }
  bool empty() const { return count_ == 0; }
  std::span<const ListedSocket> sorted() {
    std::ranges::sort_heap(std::span(found_).first(count_), {}, &ListedSocket::fd);
    return std::span(found_).first(count_);
  }

 private:
  int above_;
  std::array<ListedSocket, 32> found_;  // a heap
  std::size_t count_ = 0;
};

// The lines of all connections may exceed the unsent bytes that one connection may have, so they
// come in slices.
class ConnectionList : public ReplyStream {
 public:
  using WriteSome = std::function<bool(int* after, StatsWriter& stats)>;
  explicit ConnectionList(WriteSome write_some) : write_some_(std::move(write_some)) {}

  Next produce(Output& out, const Clock& /*clock*/) override {
    StatsWriter stats(out);
    if (write_some_(&after_, stats)) return Next::kMore;
    stats.end();
    return Next::kEnd;
  }

 private:
  WriteSome write_some_;
  int after_ = -1;
};

}  // namespace

std::unique_ptr<ReplyStream> Server::list_connections() {
  return std::make_unique<ConnectionList>(
      [this](int* after, StatsWriter& stats) { return write_connections(after, stats); });
}

// The next few connections whose descriptors are above `*after`, in ascending order. Sets `*after`
// to the last one. Returns false if there are no more. Any thread.
bool Server::write_connections(int* after, StatsWriter& stats) {
  LowestDescriptors lowest(*after);
  for (const Listener& listener : listeners_) lowest.offer({.fd = listener.fd()});
  const auto offer = [&](const ConnectionInfo& connection) {
    lowest.offer({.fd = connection.fd,
                  .state = connection.state(),
                  .last_active_s = connection.last_active_s()});
  };
  for (const auto& worker : workers_) worker->for_each_connection(offer);
  if (http_) http_->for_each_connection(offer);

  const UnixSeconds now_s = clock_.now().clock.now_s;
  for (const ListedSocket& socket : lowest.sorted()) {
    socket.write(now_s, stats);
    *after = socket.fd;
  }
  return !lowest.empty();
}

}  // namespace isocache
