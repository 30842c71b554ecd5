#include "native/tier/io_pool.h"

#include <sys/eventfd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "native/base/errors.h"

namespace isocache {
namespace {

constexpr std::chrono::milliseconds kLastWait{500};

}  // namespace

// Where a thread's operations come back to.
struct IoPool::Mailbox {
  struct Ended {
    IoOperation* operation;
    bool succeeded;
  };

  void put(Ended ended) {
    bool first = false;
    {
      const std::lock_guard lock(mutex);
      first = ended_ones.empty();
      ended_ones.push_back(ended);
    }
    if (first) ::eventfd_write(state->event.get(), 1);
  }

  std::shared_ptr<TierIoState> state;
  std::atomic<bool> abandoned{false};  // nobody waits for the results
  std::mutex mutex;
  std::vector<Ended> ended_ones;
};

struct IoPool::Jobs {
  struct Job {
    std::shared_ptr<Mailbox> home;
    IoOperation* operation;
  };

  std::mutex mutex;
  std::condition_variable changed;
  std::deque<Job> waiting;
  unsigned threads = 0;
  bool stopping = false;
  std::function<void()> on_thread_start;
};

class IoPool::Io final : public TierIo {
 public:
  Io(const TierIoOptions& options, std::shared_ptr<const TierFiles> files,
     std::shared_ptr<ReadBuffers> buffers, std::shared_ptr<Jobs> jobs)
      : TierIo(options, std::move(files), std::move(buffers)), jobs_(std::move(jobs)) {
    mailbox_->state = state();
    started_.reserve(depth());
    ended_.reserve(depth());
    mailbox_->ended_ones.reserve(depth());
  }
  ~Io() override { mailbox_->abandoned = true; }

 private:
  void start(IoOperation& operation) override { started_.push_back(&operation); }
  void flush() override;
  void collect() override;

  std::shared_ptr<Jobs> jobs_;
  std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>();
  std::vector<IoOperation*> started_;
  std::vector<Mailbox::Ended> ended_;
};

void IoPool::Io::flush() {
  if (started_.empty()) return;
  {
    const std::lock_guard lock(jobs_->mutex);
    for (IoOperation* const operation : started_) jobs_->waiting.push_back({mailbox_, operation});
  }
  for (std::size_t i = 0; i < started_.size(); ++i) jobs_->changed.notify_one();
  started_.clear();
}

void IoPool::Io::collect() {
  ended_.clear();
  {
    const std::lock_guard lock(mailbox_->mutex);
    ended_.swap(mailbox_->ended_ones);
  }
  for (const Mailbox::Ended& ended : ended_) finish(*ended.operation, ended.succeeded);
}

IoPool::IoPool(unsigned threads, std::function<void()> on_thread_start)
    : jobs_(std::make_shared<Jobs>()) {
  jobs_->on_thread_start = std::move(on_thread_start);
  try {
    for (unsigned i = 0; i < threads; ++i) {
      std::thread([jobs = jobs_] { serve(jobs); }).detach();
      const std::lock_guard lock(jobs_->mutex);
      ++jobs_->threads;
    }
  } catch (const std::system_error& error) {
    if (jobs_->threads == 0)
      throw SystemError(std::string("threads for ext_path: ") + error.what());
  }
}

IoPool::~IoPool() {
  std::unique_lock lock(jobs_->mutex);
  jobs_->stopping = true;
  jobs_->waiting.clear();
  jobs_->changed.notify_all();
  jobs_->changed.wait_for(lock, kLastWait, [this] { return jobs_->threads == 0; });
}

std::unique_ptr<TierIo> IoPool::make_io(const TierIoOptions& options,
                                        std::shared_ptr<const TierFiles> files,
                                        std::shared_ptr<ReadBuffers> buffers) {
  return std::make_unique<Io>(options, std::move(files), std::move(buffers), jobs_);
}

void IoPool::serve(const std::shared_ptr<Jobs>& jobs) {
  if (jobs->on_thread_start) jobs->on_thread_start();
  std::unique_lock lock(jobs->mutex);
  for (;;) {
    jobs->changed.wait(lock, [&] { return jobs->stopping || !jobs->waiting.empty(); });
    if (jobs->stopping) break;
    const Jobs::Job job = std::move(jobs->waiting.front());
    jobs->waiting.pop_front();
    lock.unlock();
    if (!job.home->abandoned) {
      const bool succeeded = job.operation->run();
      job.home->put({.operation = job.operation, .succeeded = succeeded});
    }
    lock.lock();
  }
  --jobs->threads;
  jobs->changed.notify_all();
}

}  // namespace isocache
