#include "native/tier/ring_io.h"

#include <cerrno>

#include "core/base/has_memory.h"
#include "native/base/errors.h"
#include "native/base/log.h"

#ifdef ISOCACHE_URING

#include <liburing.h>
#include <sys/eventfd.h>

#include <array>
#include <mutex>
#include <system_error>
#include <utility>
#include <vector>

namespace isocache {
namespace {

// The first that the kernel knows. With these flags it leaves work that follows a completion until
// the thread asks, instead of interrupting it, and says in a flag that there is some.
constexpr unsigned kFlags[] = {
    IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG, 0};
constexpr unsigned kProbeEntries = 2;

int init(unsigned entries, io_uring& ring, unsigned& flags) {
  int result = -EINVAL;
  for (const unsigned tried : kFlags) {
    flags = tried;
    result = ::io_uring_queue_init(entries, &ring, flags);
    if (result != -EINVAL) break;
  }
  return -result;
}

// Memory that the system may still write to when everything else has gone. Kept until the end.
void keep_forever(std::shared_ptr<TierIoState> state) {
  static auto* const kept = new std::vector<std::shared_ptr<TierIoState>>;
  static auto* const mutex = new std::mutex;
  const std::lock_guard lock(*mutex);
  kept->push_back(std::move(state));
}

class RingIo final : public TierIo {
 public:
  RingIo(const TierIoOptions& options, std::shared_ptr<const TierFiles> files,
         std::shared_ptr<ReadBuffers> buffers);
  ~RingIo() override;

 private:
  void start(IoOperation& operation) override;
  void flush() override;
  void collect() override;
  bool has_deferred_work() const {
    return (IO_URING_READ_ONCE(*ring_.sq.kflags) & IORING_SQ_TASKRUN) != 0;
  }
  void on_result(IoOperation& operation, int result);
  void refuse(IoOperation& operation);
  void give_up(int error);

  io_uring ring_{};
  bool deferred_ = false;
  bool gave_up_ = false;                // the ring is never entered again to start something
  bool registered_ = false;             // the arena is the ring's buffer 0
  std::vector<IoOperation*> prepared_;  // in the ring, and the system has not seen them
  std::vector<IoOperation*> refused_;
};

RingIo::RingIo(const TierIoOptions& options, std::shared_ptr<const TierFiles> files,
               std::shared_ptr<ReadBuffers> buffers)
    : TierIo(options, std::move(files), std::move(buffers)) {
  prepared_.reserve(depth());
  refused_.reserve(depth());
  unsigned flags = 0;
  // Never more than `depth` operations are in the ring, so it has always room.
  errno = init(depth(), ring_, flags);
  if (errno != 0) throw_errno("io_uring");
  deferred_ = (flags & IORING_SETUP_DEFER_TASKRUN) != 0;
  const int result = ::io_uring_register_eventfd(&ring_, event_fd());
  if (result != 0) {
    ::io_uring_queue_exit(&ring_);
    errno = -result;
    throw_errno("io_uring: eventfd");
  }
  ::io_uring_register_ring_fd(&ring_);  // only saves time
  const std::span<std::byte> arena = state()->buffers->arena();
  const iovec memory = {.iov_base = arena.data(), .iov_len = arena.size()};
  // Refused if `ulimit -l` is small. Then each read costs a little more.
  registered_ = !arena.empty() && ::io_uring_register_buffers(&ring_, &memory, 1) == 0;
}

RingIo::~RingIo() {
  ::io_uring_queue_exit(&ring_);
  if (in_flight() > 0) keep_forever(state());
}

void RingIo::start(IoOperation& operation) {
  if (gave_up_) return refuse(operation);
  io_uring_sqe* const entry = ::io_uring_get_sqe(&ring_);
  const int fd = operation.step().file->fd();
  const std::uint64_t offset = operation.step().offset;
  const std::span<const iovec> parts = operation.step_parts();
  const auto count = static_cast<unsigned>(parts.size());
  if (operation.kind() == IoOperation::Kind::kWrite) {
    ::io_uring_prep_writev(entry, fd, parts.data(), count, offset);
    // On a thread of the kernel. To begin a write of 1 MiB here would hold up this loop for
    // 57-70 us (p99: 86-326); so it is 7 (p99: 10-40), and costs 10 us more (isocache_tier_speed).
    ::io_uring_sqe_set_flags(entry, IOSQE_ASYNC);
  } else if (registered_ && state()->buffers->in_arena(parts[0].iov_base)) {
    const auto bytes = static_cast<unsigned>(parts[0].iov_len);  // a read has one part
    ::io_uring_prep_read_fixed(entry, fd, parts[0].iov_base, bytes, offset, 0);
  } else {
    ::io_uring_prep_readv(entry, fd, parts.data(), count, offset);
  }
  ::io_uring_sqe_set_data(entry, &operation);
  prepared_.push_back(&operation);
}

// If the kernel has no memory now, the operations wait for the next call.
void RingIo::flush() {
  while (!prepared_.empty()) {
    const int count = ::io_uring_submit(&ring_);
    if (count == -EINTR) continue;
    if (count == -EAGAIN || count == -EBUSY || count == 0) return;
    if (count < 0) return give_up(-count);
    prepared_.erase(prepared_.begin(), prepared_.begin() + count);
  }
}

// The kernel takes nothing from this thread any more (a filter of system calls, for example).
void RingIo::give_up(int error) {
  has_memory_for([&] {
    log_line("ext_path: io_uring refuses all reads and writes of a thread: " +
                 std::generic_category().message(error),
             LogLevel::kError);
  });
  gave_up_ = true;
  close();
  for (IoOperation* const operation : prepared_) refuse(*operation);
  prepared_.clear();
}

// It fails at the next reap().
void RingIo::refuse(IoOperation& operation) {
  refused_.push_back(&operation);
  ::eventfd_write(event_fd(), 1);
}

void RingIo::collect() {
  while (!refused_.empty()) {
    IoOperation& operation = *refused_.back();
    refused_.pop_back();
    finish(operation, false);
  }
  // Each completion makes the eventfd readable twice: when it is left, and when it is fetched here.
  // The second time there is nothing to ask for.
  if (deferred_ && has_deferred_work()) ::io_uring_get_events(&ring_);
  std::array<io_uring_cqe*, 64> entries;
  std::array<std::pair<IoOperation*, int>, 64> ended;
  for (;;) {
    const unsigned count = ::io_uring_peek_batch_cqe(&ring_, entries.data(), entries.size());
    if (count == 0) return;
    for (unsigned i = 0; i < count; ++i) {
      ended[i] = {static_cast<IoOperation*>(::io_uring_cqe_get_data(entries[i])), entries[i]->res};
    }
    ::io_uring_cq_advance(&ring_, count);
    for (unsigned i = 0; i < count; ++i) on_result(*ended[i].first, ended[i].second);
  }
}

void RingIo::on_result(IoOperation& operation, int result) {
  const IoOperation::Next next = operation.advance(result);
  if (next == IoOperation::Next::kMore) return start(operation);
  finish(operation, next == IoOperation::Next::kDone);
}

}  // namespace

int ring_error() {
  io_uring ring{};
  unsigned flags = 0;
  const int error = init(kProbeEntries, ring, flags);
  if (error == 0) ::io_uring_queue_exit(&ring);
  return error;
}

std::unique_ptr<TierIo> make_ring_io(const TierIoOptions& options,
                                     std::shared_ptr<const TierFiles> files,
                                     std::shared_ptr<ReadBuffers> buffers) {
  return std::make_unique<RingIo>(options, std::move(files), std::move(buffers));
}

}  // namespace isocache

#else

namespace isocache {

int ring_error() { return ENOSYS; }

std::unique_ptr<TierIo> make_ring_io(const TierIoOptions&, std::shared_ptr<const TierFiles>,
                                     std::shared_ptr<ReadBuffers>) {
  throw SystemError("io_uring: this build has no liburing");
}

}  // namespace isocache

#endif
