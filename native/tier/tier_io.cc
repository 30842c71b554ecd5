#include "native/tier/tier_io.h"

#include <poll.h>
#include <sys/eventfd.h>

#include <new>
#include <utility>

#include "native/base/errors.h"

namespace isocache {
namespace {

thread_local TierIo* current = nullptr;

}  // namespace

TierIo::TierIo(const TierIoOptions& options, std::shared_ptr<const TierFiles> files,
               std::shared_ptr<ReadBuffers> buffers)
    : options_(options), state_(std::make_shared<TierIoState>()) {
  state_->files = std::move(files);
  state_->buffers = std::move(buffers);
  state_->event = FileDescriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!state_->event) throw_errno("eventfd");
  current = this;
}

TierIo::~TierIo() {
  if (current == this) current = nullptr;
  for (IoOperation* const operation : waiting_) {
    if (operation->kind() == IoOperation::Kind::kRead)
      state_->buffers->give_back(operation->buffer());
  }
}

TierIo* TierIo::of_this_thread() { return current; }

// The last of free_, which add() takes from there. Null: there is no place. If memory is short,
// this and what follows until add() throws, and changes nothing.
IoOperation* TierIo::free_operation() {
  if (closed_) return nullptr;
  if (!asked_ && options_.ask_for_submit) options_.ask_for_submit();
  asked_ = true;
  if (free_.empty()) {
    // So that to give an operation back needs no memory.
    free_.reserve(state_->operations.size() + 1);
    free_.push_back(&state_->operations.emplace_back());
  }
  return free_.back();
}

bool TierIo::begin_read(std::uint64_t offset, std::span<std::byte> buffer, DeviceIo& io) {
  if (waiting_.size() >= options_.waiting) return false;
  IoOperation* const operation = free_operation();
  if (operation == nullptr) return false;
  operation->begin_read(*state_->files, offset, buffer, &io);
  add(*operation);
  return true;
}

bool TierIo::begin_write(std::uint64_t offset, std::span<const std::span<const std::byte>> parts,
                         DeviceIo& io) {
  IoOperation* const operation = free_operation();
  if (operation == nullptr) return false;
  operation->begin_write(*state_->files, offset, parts, &io);
  add(*operation);
  return true;
}

void TierIo::add(IoOperation& operation) {
  waiting_.push_back(&operation);
  free_.pop_back();
  count_pending();
}

void TierIo::count_pending() {
  pending_.store(in_flight_ + static_cast<unsigned>(waiting_.size()), std::memory_order_relaxed);
}

void TierIo::submit() {
  asked_ = false;
  while (!waiting_.empty() && in_flight_ < options_.depth) {
    IoOperation& operation = *waiting_.front();
    waiting_.pop_front();
    ++in_flight_;
    start(operation);
  }
  flush();
}

void TierIo::reap() {
  if (!options_.edge_triggered) read_event();
  collect();
  submit();
}

void TierIo::read_event() {
  eventfd_t count = 0;
  ::eventfd_read(event_fd(), &count);
}

void TierIo::finish(IoOperation& operation, bool succeeded) {
  DeviceIo& io = *operation.io();
  if (operation.kind() == IoOperation::Kind::kRead) {
    if (!succeeded) state_->buffers->give_back(operation.buffer());
    if (options_.read_latency != nullptr) options_.read_latency->record_since(operation.began());
  }
  free_.push_back(&operation);
  --in_flight_;
  count_pending();
  io.on_done(succeeded);  // may begin the next one
}

bool TierIo::stop(std::chrono::milliseconds limit) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point end = Clock::now() + limit;
  close();
  while (!waiting_.empty()) {
    IoOperation& operation = *waiting_.front();
    waiting_.pop_front();
    ++in_flight_;  // which finish() takes back
    finish(operation, false);
  }
  for (;;) {
    read_event();
    collect();
    flush();
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
    if (in_flight_ == 0 || left.count() <= 0) return in_flight_ == 0;
    pollfd event = {.fd = event_fd(), .events = POLLIN, .revents = 0};
    ::poll(&event, 1, static_cast<int>(left.count()));
  }
}

}  // namespace isocache
