// What an operation of a TierDevice costs, with each engine: CPU of the whole process, CPU of the
// thread that serves connections, and time.
//
//   isocache_tier_speed FILE SIZE_MB [SECONDS]
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "native/tier/tier_device.h"

namespace isocache {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kPageBytes = 64 * 1024;

// `who`: RUSAGE_SELF or RUSAGE_THREAD.
double cpu_us(int who) {
  rusage usage = {};
  ::getrusage(who, &usage);
  const auto us = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
  };
  return us(usage.ru_utime) + us(usage.ru_stime);
}

// Keeps `depth` operations of one kind in flight, at random places.
class Load {
 public:
  Load(TierDevice& device, TierIo& io, bool writes, std::size_t bytes, unsigned depth)
      : device_(device), io_(io), writes_(writes), bytes_(bytes), operations_(depth) {
    for (std::size_t at = 0; at < bytes; at += kPageBytes) {
      parts_.emplace_back(memory_.get(), std::min(bytes, kPageBytes));
    }
    for (Operation& operation : operations_) operation.load = this;
  }

  void run(Clock::duration time) {
    const int poller = ::epoll_create1(EPOLL_CLOEXEC);
    epoll_event event = {.events = EPOLLIN | EPOLLET, .data = {}};
    ::epoll_ctl(poller, EPOLL_CTL_ADD, io_.event_fd(), &event);
    end_ = Clock::now() + time;
    for (Operation& operation : operations_) begin(operation);
    while (io_.pending() > 0) {
      io_.submit();
      if (::epoll_wait(poller, &event, 1, -1) == 1) io_.reap();
    }
    ::close(poller);
  }
  std::uint64_t done() const { return done_; }
  std::uint64_t failed() const { return failed_; }

 private:
  struct Operation final : DeviceRead {
    void on_done(bool succeeded) noexcept override { load->on_done(*this, succeeded); }
    Load* load = nullptr;
  };

  void begin(Operation& operation) {
    const std::uint64_t offset = random_() % (device_.size_bytes() / bytes_) * bytes_;
    const IoStatus status = writes_ ? device_.begin_write(offset, parts_, operation)
                                    : device_.begin_read(offset, bytes_, operation);
    if (status == IoStatus::kFailed) ++failed_;
  }
  void on_done(Operation& operation, bool succeeded) {
    ++(succeeded ? done_ : failed_);
    if (!writes_ && succeeded) device_.release(operation);
    if (Clock::now() < end_) begin(operation);
  }

  struct Free {
    void operator()(std::byte* memory) const { std::free(memory); }
  };

  TierDevice& device_;
  TierIo& io_;
  bool writes_;
  std::size_t bytes_;
  std::unique_ptr<std::byte, Free> memory_{
      static_cast<std::byte*>(std::aligned_alloc(4096, kPageBytes))};
  std::vector<std::span<const std::byte>> parts_;
  std::vector<Operation> operations_;
  std::mt19937_64 random_{1};
  Clock::time_point end_;
  std::uint64_t done_ = 0;
  std::uint64_t failed_ = 0;
};

void measure(TierDevice& device, bool writes, std::size_t bytes, unsigned depth,
             std::chrono::seconds time) {
  const auto io = device.open_thread({.edge_triggered = true});
  Load load(device, *io, writes, bytes, depth);
  const double process_us = cpu_us(RUSAGE_SELF);
  const double thread_us = cpu_us(RUSAGE_THREAD);
  const auto began = Clock::now();
  load.run(time);
  const std::chrono::duration<double> took = Clock::now() - began;
  const auto done = static_cast<double>(load.done());
  fmt::print("{:9} {:5} {:8} depth {:2}: {:6.1f} us CPU each, {:6.1f} of them on the thread; ",
             device.engine(), writes ? "write" : "read", bytes, depth,
             (cpu_us(RUSAGE_SELF) - process_us) / done, (cpu_us(RUSAGE_THREAD) - thread_us) / done);
  fmt::print("{:6.0f}/s, {:6.1f} MB/s, failed {}\n", done / took.count(),
             done * static_cast<double>(bytes) / 1e6 / took.count(), load.failed());
}

void measure_engine(const std::string& path, std::uint64_t size_bytes, bool allow_ring,
                    std::chrono::seconds time) {
  const TierFileOptions files[] = {{.path = path, .size_bytes = size_bytes}};
  TierDevice device(files, {.allow_ring = allow_ring});
  measure(device, true, 1U << 20, 4, time);  // also: what was never written is not read from disk
  measure(device, true, 1U << 20, 1, time);
  measure(device, true, kPageBytes, 1, time);
  for (const unsigned depth : {1U, 16U}) measure(device, false, 4096, depth, time);
  measure(device, false, kPageBytes, 16, time);
}

}  // namespace
}  // namespace isocache

int main(int argc, char** argv) {
  if (argc < 3) {
    fmt::print(stderr, "usage: isocache_tier_speed FILE SIZE_MB [SECONDS]\n");
    return EXIT_FAILURE;
  }
  const std::uint64_t size_bytes = std::strtoull(argv[2], nullptr, 10) << 20;
  const std::chrono::seconds time(argc > 3 ? std::atoi(argv[3]) : 3);
  for (const bool allow_ring : {true, false}) {
    isocache::measure_engine(argv[1], size_bytes, allow_ring, time);
  }
}
