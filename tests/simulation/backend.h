// The server under test, and all parts of isocache that the simulation calls: a ShardedBackend with
// small shards, behind a wrapper that knows what uploads hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "command/backend.h"
#include "command/settings.h"
#include "native/shards/sharded_backend.h"
#include "session/session.h"
#include "support/faulty_device.h"
#include "support/late_backend.h"
#include "support/random.h"

namespace isocache::simulation {

struct BackendOptions {
  unsigned shards = 1;
  std::size_t memory_limit = 0;  // of all shards together
  std::size_t max_item_bytes = 0;
  bool evict = true;
  HashKey hash_key = {};
  std::uint32_t late = 0;  // one request in so many is suspended; 0: none
  bool tier = false;       // what is evicted goes to a device, which is late
  // Percent of what nobody read, once the device is full.
  unsigned write_unread = Settings{}.ext_write_unread;
  FaultyDevice::Rates faults = {};  // of the device
  std::uint32_t device_seed = 1;
};

class SimulatedBackend : public Backend {
 public:
  explicit SimulatedBackend(const BackendOptions& options);
  ~SimulatedBackend() override;

  // What sessions talk to: this backend, or one before it that suspends some requests.
  Backend& front() { return late_ ? static_cast<Backend&>(*late_) : *this; }
  // Sessions that are opened from now on have late replies, if the options say so.
  void begin_late(Random& random);
  // Lets some of the late replies come, or (`all`) each that ever comes. The same for what the
  // device does.
  void complete_late(bool all, Random& random);
  std::size_t late() { return late_ ? late_->open() : 0; }

  // Backend
  std::uint64_t hash(std::string_view key) const override { return backend_.hash(key); }
  Executed execute(std::span<Request> requests, UnixSeconds now_s, Output& out,
                   Waker* waker) override;
  AdminResult administer(const Request& request, const Clock& clock, Output& out,
                         Waker* waker) override;
  Executed finish(LateToken token, Request& request, Upload* upload, UnixSeconds now_s, Output& out,
                  Waker* waker) override {
    return backend_.finish(token, request, upload, now_s, out, waker);
  }
  void give_up(LateToken token, Request& request, Upload* upload, UnixSeconds now_s,
               Output& out) override {
    backend_.give_up(token, request, upload, now_s, out);
  }
  void put_off(LateToken token, const Request& request) override {
    backend_.put_off(token, request);
  }
  void abandon(LateToken token, const Request& request, Upload* upload) override {
    backend_.abandon(token, request, upload);
  }
  PutStatus begin_upload(const Request& request, UnixSeconds now_s, Upload* upload) override;
  std::span<char> upload_window(const Request& request, Upload& upload) override;
  bool upload_may_wait(const Request& request, const Upload& upload, UnixSeconds now_s) override {
    return backend_.upload_may_wait(request, upload, now_s);
  }
  void upload_received(const Request& request, Upload& upload, std::size_t bytes) override;
  void abort_upload(const Request& request, Upload& upload) override;
  void refuse_upload(const Request& request, Upload& upload) override;
  LateToken finish_upload(Request& request, Upload& upload, UnixSeconds now_s, Output& out,
                          Waker* waker) override;
  bool memory_is_wanted(UnixSeconds now_s) const override {
    return backend_.memory_is_wanted(now_s);
  }
  void release(const Output& sent) override { backend_.release(sent); }

  unsigned shard_count() const { return backend_.shard_count(); }
  unsigned shard_of(std::string_view key) const;
  bool tick(unsigned shard, UnixSeconds now_s) { return backend_.tick(shard, now_s); }
  ServerFigures figures(UnixSeconds now_s) { return backend_.all_figures(now_s); }
  std::size_t memory_limit() { return backend_.settings().max_bytes; }
  void flush(UnixSeconds now_s) { backend_.flush_at(now_s, now_s); }
  // Sends a request over a session of its own. Returns the reply.
  std::string set(std::string_view key, std::size_t length, const Clock& clock);
  const char* broken_invariant(unsigned shard) { return backend_.broken_invariant(shard); }
  // An administrative command is under way. Another one would wait for it.
  bool administering() const { return administering_; }
  // The most segments that unfinished uploads of a shard hold.
  std::size_t upload_segments(unsigned shard) const;
  std::size_t uploads() const { return uploads_.size(); }

 private:
  struct Held {
    unsigned shard = 0;
    std::size_t bytes = 0;
  };
  std::unique_ptr<FaultyDevice> device_;  // null: there is no tier
  ShardedBackend backend_;
  const std::uint32_t late_in_;
  std::unique_ptr<LateBackend<>> late_;
  std::map<const Upload*, Held> uploads_;
  bool administering_ = false;
};

}  // namespace isocache::simulation
