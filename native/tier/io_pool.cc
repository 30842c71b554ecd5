#include "native/tier/io_pool.h"

#include <sys/eventfd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <list>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "native/base/errors.h"

namespace isocache {
namespace {

constexpr std::chrono::milliseconds kLastWait{500};

}  // namespace

// One operation, on its way to the pool and back. It moves from list to list, which needs no
// memory: an Io makes as many as it can have on the way.
struct IoPool::Job {
  std::shared_ptr<Mailbox> home;  // until it has come back there
  IoOperation* operation = nullptr;
  bool succeeded = false;
};

// Where a thread's operations come back to.
struct IoPool::Mailbox {
  void put(std::list<Job>& ended) {
    bool first = false;
    {
      const std::lock_guard lock(mutex);
      first = ended_ones.empty();
      ended_ones.splice(ended_ones.end(), ended);
    }
    if (first) ::eventfd_write(state->event.get(), 1);
  }

  std::shared_ptr<TierIoState> state;
  std::atomic<bool> abandoned{false};  // nobody waits for the results
  std::mutex mutex;
  std::list<Job> ended_ones;
};

struct IoPool::Jobs {
  std::mutex mutex;
  std::condition_variable changed;
  std::list<Job> waiting;
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
    idle_.resize(depth());
  }
  ~Io() override { mailbox_->abandoned = true; }

 private:
  void start(IoOperation& operation) override;
  void flush() override;
  void collect() override;

  std::shared_ptr<Jobs> jobs_;
  std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>();
  std::list<Job> idle_;
  std::list<Job> started_;
  std::list<Job> ended_;
};

// Never more than `depth` operations are on the way.
void IoPool::Io::start(IoOperation& operation) {
  started_.splice(started_.end(), idle_, idle_.begin());
  started_.back().home = mailbox_;
  started_.back().operation = &operation;
}

void IoPool::Io::flush() {
  const std::size_t count = started_.size();
  if (count == 0) return;
  {
    const std::lock_guard lock(jobs_->mutex);
    jobs_->waiting.splice(jobs_->waiting.end(), started_);
  }
  for (std::size_t i = 0; i < count; ++i) jobs_->changed.notify_one();
}

void IoPool::Io::collect() {
  {
    const std::lock_guard lock(mailbox_->mutex);
    ended_.splice(ended_.end(), mailbox_->ended_ones);
  }
  while (!ended_.empty()) {
    const Job& job = ended_.front();
    idle_.splice(idle_.begin(), ended_, ended_.begin());
    finish(*job.operation, job.succeeded);
  }
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

void IoPool::carry_out(std::list<Job>& one) {
  const std::shared_ptr<Mailbox> home = std::move(one.front().home);
  if (home->abandoned) return;
  one.front().succeeded = one.front().operation->run();
  home->put(one);
}

void IoPool::serve(const std::shared_ptr<Jobs>& jobs) {
  if (jobs->on_thread_start) jobs->on_thread_start();
  std::unique_lock lock(jobs->mutex);
  for (;;) {
    jobs->changed.wait(lock, [&] { return jobs->stopping || !jobs->waiting.empty(); });
    if (jobs->stopping) break;
    std::list<Job> mine;
    mine.splice(mine.end(), jobs->waiting, jobs->waiting.begin());
    lock.unlock();
    carry_out(mine);
    lock.lock();
  }
  --jobs->threads;
  jobs->changed.notify_all();
}

}  // namespace isocache
