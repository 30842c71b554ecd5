// A thread with its connections, its poller, its clock and its share of the shards' background work.
//
// Other threads reach it in three ways only: adopt() and stop() leave a note and wake it;
// counters() are relaxed atomics; for_each_connection() takes the table's mutex, which the worker
// itself takes only to add or remove a connection.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "native/connection.h"
#include "native/file_descriptor.h"
#include "native/host_clock.h"
#include "native/poller.h"
#include "native/sharded_backend.h"

namespace isocache {

struct WorkerOptions {
  unsigned index = 0;
  unsigned threads = 1;
  unsigned idle_timeout_s = 0;  // 0: none
  SessionOptions session;
};

// What a worker tells the server; called on the worker's thread.
class WorkerEvents {
 public:
  virtual ~WorkerEvents() = default;
  virtual void on_connection_closed() = 0;
  virtual void on_stop_requested(bool graceful) = 0;
};

class Worker {
 public:
  // One read takes at most this much: some 800 pipelined gets.
  static constexpr std::size_t kReadBufferBytes = 32U << 10;

  // REQUIRES: all references outlive the worker.
  Worker(const WorkerOptions& options, ShardedBackend& backend, const HostClock& clock,
         const Verbosity& verbosity, WorkerEvents& events);
  ~Worker();  // REQUIRES: stop() was called, or it never started

  void start();
  // Takes over an accepted socket. Any thread.
  void adopt(FileDescriptor socket);
  // Lets replies that are under way go out, for a short while, then closes everything. Any thread.
  void stop();
  void join();

  const WorkerCounters& counters() const { return host_.counters; }
  unsigned connection_count() const { return connection_count_.load(std::memory_order_relaxed); }
  template <typename Visit>
  void for_each_connection(Visit&& visit) const {
    const std::lock_guard lock(table_mutex_);
    for (const auto& connection : table_) visit(*connection);
  }

 private:
  void run();
  int wait_ms() const;
  void handle_events();
  void give_turns();
  void give_turn(Connection& connection);
  void take_mail();
  void open(FileDescriptor socket);
  void close(Connection& connection);
  template <typename Condition>
  void close_if(Condition&& condition);
  void background_work();
  void close_idle();
  void begin_stop();
  void read_clock();

  WorkerOptions options_;
  ShardedBackend& backend_;
  const HostClock& clock_;
  WorkerEvents& events_;
  Poller poller_;
  Wakeup wakeup_;
  std::unique_ptr<char[]> read_buffer_;
  ConnectionHost host_;

  mutable std::mutex table_mutex_;
  std::vector<std::unique_ptr<Connection>> table_;  // changed by this thread, under table_mutex_
  std::atomic<unsigned> connection_count_{0};       // adopted and not yet closed
  std::vector<Connection*> turns_;                  // who waits for a turn

  std::mutex mail_mutex_;
  std::vector<FileDescriptor> mail_;  // sockets to take over
  bool stop_asked_ = false;           // both under mail_mutex_

  std::int64_t now_ms_ = 0;
  std::int64_t next_tick_ms_ = 0;
  std::int64_t next_idle_check_ms_ = 0;
  std::int64_t stop_deadline_ms_ = 0;
  std::thread thread_;
};

}  // namespace isocache
