// What one thread has in flight on a TierDevice. Two engines are behind it: a ring of io_uring, and
// a pool of threads where io_uring is forbidden.
//
//   Device::begin_...() --> waiting --submit()--> in flight --the system--> event_fd() is readable
//                                                 DeviceIo::on_done() <--reap()--
//
// The thread's loop waits for event_fd() (to read) and then calls reap(); before it waits, it calls
// submit(). Nothing starts without submit(), so that one system call starts all that one round of
// the loop began, and none is made under a shard's lock. A loop that has no place for submit() (an
// io_context) sets ask_for_submit.
//
// Only the thread that made it uses it, but for pending().
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "native/base/file_descriptor.h"
#include "native/base/latency_histogram.h"
#include "native/tier/io_operation.h"
#include "native/tier/read_buffers.h"
#include "native/tier/tier_files.h"

namespace isocache {

struct TierIoOptions {
  unsigned depth = 64;  // operations that the system has at once
  // Reads that wait for one of those places; then begin_read() fails. Writes always wait: a refused
  // write would look like a broken device. Their number is bounded by the memory that they are in.
  unsigned waiting = 1024;
  // The poller reports event_fd() by its edges (EPOLLET): then nothing has to read it.
  bool edge_triggered = false;
  // Called when something begins to wait, once until submit(): has the loop call submit() soon. It
  // is called within begin_...().
  std::function<void()> ask_for_submit = nullptr;
  // How long reads take, from begin_read() to on_done(). TierDevice sets it.
  LatencyHistogram* read_latency = nullptr;
};

// What operations use. It lives until the last one has ended, which may be after the TierIo.
struct TierIoState {
  std::shared_ptr<const TierFiles> files;
  std::shared_ptr<ReadBuffers> buffers;
  FileDescriptor event;  // an eventfd
  std::deque<IoOperation> operations;
};

class TierIo {
 public:
  virtual ~TierIo();
  TierIo(const TierIo&) = delete;
  TierIo& operator=(const TierIo&) = delete;

  int event_fd() const { return state_->event.get(); }
  // Starts what waits, as far as there is room.
  void submit();
  // Calls on_done() of what has ended, and starts what waits. The callbacks may begin operations.
  void reap();
  // Ends what waits (on_done(false)), and waits for what is in flight. Later begin_...() fail. If
  // it returns false, operations have not ended: their on_done() is never called, and the memory of
  // writes must stay until the process ends.
  bool stop(std::chrono::milliseconds limit);
  // Begun and not ended. Any thread.
  unsigned pending() const { return pending_.load(std::memory_order_relaxed); }

  // Of the calling thread; null if it has none.
  static TierIo* of_this_thread();
  bool serves(const TierFiles& files) const { return state_->files.get() == &files; }
  // For TierDevice. False: there is no place, or this thread stops.
  bool begin_read(std::uint64_t offset, std::span<std::byte> buffer, DeviceIo& io);
  bool begin_write(std::uint64_t offset, std::span<const std::span<const std::byte>> parts,
                   DeviceIo& io);

 protected:
  // Becomes the calling thread's. Throws SystemError.
  TierIo(const TierIoOptions& options, std::shared_ptr<const TierFiles> files,
         std::shared_ptr<ReadBuffers> buffers);

  // Has the system start the operation's step, at the latest in flush().
  virtual void start(IoOperation& operation) = 0;
  virtual void flush() = 0;
  // Calls finish() for what has ended.
  virtual void collect() = 0;

  void finish(IoOperation& operation, bool succeeded);
  // No operation can be begun any more.
  void close() { closed_ = true; }
  unsigned depth() const { return options_.depth; }
  unsigned in_flight() const { return in_flight_; }
  const std::shared_ptr<TierIoState>& state() const { return state_; }

 private:
  IoOperation* free_operation();
  void add(IoOperation& operation);
  void count_pending();
  void read_event();

  const TierIoOptions options_;
  std::shared_ptr<TierIoState> state_;
  std::vector<IoOperation*> free_;
  std::deque<IoOperation*> waiting_;
  unsigned in_flight_ = 0;
  bool closed_ = false;
  bool asked_ = false;                // for submit()
  std::atomic<unsigned> pending_{0};  // one writer
};

}  // namespace isocache
