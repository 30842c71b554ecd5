// The connections of one thread, of whatever transport.
//
// The thread itself adds, finds and removes them. Other threads may count them and read their
// ConnectionInfo; for that the table has a mutex, which its own thread takes only to change it.
//
// To reach a connection later or from elsewhere, keep its id and never a pointer. When the
// connection has gone, its id finds nothing, even if another connection has its place.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace isocache {

struct ConnectionId {
  std::uint64_t serial = 0;  // unique in the table, for ever; 0: none
  std::uint32_t slot = 0;

  bool operator==(const ConnectionId&) const = default;
};

// `Connection` has a member `ConnectionId id`, which the table sets, and a function `info()`.
template <typename Connection>
class ConnectionTable {
 public:
  // A connection is on its way to this thread. It counts from now on. Any thread.
  void expect() { count_.fetch_add(1, std::memory_order_relaxed); }
  // The expected connection will not come. Its own thread only.
  void forget_expected() { uncount(); }
  // How many connections are expected or open. Any thread.
  unsigned count() const { return count_.load(std::memory_order_acquire); }
  // Calls visit(const ConnectionInfo&) for each connection. Any thread.
  template <typename Visit>
  void for_each_info(Visit&& visit) const {
    const std::lock_guard lock(mutex_);
    for (const auto& connection : slots_) {
      if (connection != nullptr) visit(std::as_const(*connection).info());
    }
  }

  // From here on: its own thread only.

  // REQUIRES: it was expected. Throws std::bad_alloc; then the table is unchanged.
  Connection& add(std::unique_ptr<Connection> added) {
    Connection& connection = *added;
    const std::lock_guard lock(mutex_);
    if (free_slots_.empty()) {
      slots_.emplace_back();
      // Room is reserved here, so that remove() never needs memory.
      try {
        free_slots_.reserve(slots_.capacity());
      } catch (...) {
        slots_.pop_back();
        throw;
      }
      connection.id.slot = static_cast<std::uint32_t>(slots_.size() - 1);
    } else {
      connection.id.slot = free_slots_.back();
      free_slots_.pop_back();
    }
    connection.id.serial = ++last_serial_;
    slots_[connection.id.slot] = std::move(added);
    return connection;
  }
  // Returns null if the connection has gone.
  Connection* find(ConnectionId id) {
    if (id.slot >= slots_.size() || slots_[id.slot] == nullptr) return nullptr;
    Connection& connection = *slots_[id.slot];
    return connection.id == id ? &connection : nullptr;
  }
  // Destroys the connection outside of the mutex, because its destructor may have to lock shards.
  void remove(Connection& connection) {
    std::unique_ptr<Connection> leaving;
    {
      const std::lock_guard lock(mutex_);
      const std::uint32_t slot = connection.id.slot;
      leaving = std::move(slots_[slot]);
      free_slots_.push_back(slot);
    }
    // The count goes down first: a client that saw the end of its connection finds room for its
    // next.
    uncount();
  }
  bool empty() const { return slots_.size() == free_slots_.size(); }
  // visit(Connection&) may remove the connection that it is given.
  template <typename Visit>
  void for_each(Visit&& visit) {
    for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
      if (slots_[slot] != nullptr) visit(*slots_[slot]);
    }
  }

 private:
  void uncount() { count_.fetch_sub(1, std::memory_order_release); }

  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Connection>> slots_;
  std::vector<std::uint32_t> free_slots_;
  std::uint64_t last_serial_ = 0;
  std::atomic<unsigned> count_{0};
};

}  // namespace isocache
