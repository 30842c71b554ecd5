#include "bench/replay/replay_run.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include <fmt/compile.h>
#include <fmt/format.h>

#include "bench/base/values.h"

namespace isocache::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

std::uint32_t max_size(const Trace& trace) {
  std::uint32_t max = 0;
  for (const TraceRequest& request : trace.requests) max = std::max(max, request.size);
  return max;
}

class Replayer {
 public:
  Replayer(const Trace& trace, Cache& cache, const ReplayOptions& options)
      : trace_(trace),
        cache_(cache),
        options_(options),
        pool_(max_size(trace)),
        stored_(trace.objects),
        in_batch_(trace.objects, 0) {}

  ReplayResult run() {
    const auto start = SteadyClock::now();
    start_ = start;
    for (const TraceRequest& request : trace_.requests) {
      if (batch_.size() == options_.batch || in_batch_[request.object] == batch_number_) {
        run_batch();
      }
      in_batch_[request.object] = batch_number_;
      batch_.push_back(request);
    }
    run_batch();
    result_.seconds = std::chrono::duration<double>(SteadyClock::now() - start).count();
    return result_;
  }

 private:
  // The content that the cache should have for an object.
  struct Stored {
    std::uint32_t version = 0;
    std::uint32_t size = 0;
    std::uint32_t expires_s = 0;  // on the trace's clock; 0: never
    bool present = false;
  };
  static constexpr std::size_t kKeyBytes = 20;
  struct KeyText {
    char bytes[kKeyBytes + 1];
    std::string_view view() const { return {bytes, kKeyBytes}; }
  };

  void run_batch() {
    keep_time();
    keys_.resize(batch_.size());
    for (std::size_t i = 0; i < batch_.size(); ++i) {
      fmt::format_to(keys_[i].bytes, FMT_COMPILE("obj:{:016}"), batch_[i].object);
    }
    read();
    write();
    result_.requests += batch_.size();
    batch_.clear();
    ++batch_number_;
  }

  void keep_time() {
    const std::uint64_t per_s = options_.requests_per_s;
    if (options_.keep_pace) {
      std::this_thread::sleep_until(
          start_ + std::chrono::microseconds(result_.requests * 1'000'000 / per_s));
    }
    const auto now_s = 1'000'000'000 + static_cast<std::uint32_t>(result_.requests / per_s);
    if (now_s != now_s_) cache_.set_time(now_s);
    now_s_ = now_s;
  }

  void read() {
    lookups_.clear();
    reading_.clear();
    for (std::size_t i = 0; i < batch_.size(); ++i) {
      if (batch_[i].write) continue;
      const Stored& stored = stored_[batch_[i].object];
      reading_.push_back(i);
      lookups_.push_back({keys_[i].view(), stored.present ? value_of(batch_[i].object, stored)
                                                          : std::string_view()});
    }
    found_.resize(lookups_.size());
    if (!lookups_.empty()) cache_.lookup(lookups_, found_);
    for (std::size_t i = 0; i < found_.size(); ++i) count(batch_[reading_[i]], found_[i]);
  }

  void count(TraceRequest& request, Found found) {
    ++result_.reads;
    result_.read_bytes += request.size;
    if (found == Found::kMiss) {
      request.write = true;  // fetch it from its source, and store it
      return;
    }
    const Stored& stored = stored_[request.object];
    ++result_.hits;
    result_.hit_bytes += request.size;
    if (found == Found::kWrongBytes) ++result_.wrong_bytes;
    // A server's clock may be a second behind, and the batch takes a moment.
    if (stored.expires_s != 0 && now_s_ > stored.expires_s + 1) ++result_.expired_hits;
  }

  void write() {
    writes_.clear();
    writing_.clear();
    for (std::size_t i = 0; i < batch_.size(); ++i) {
      const TraceRequest& request = batch_[i];
      if (!request.write) continue;
      Stored& stored = stored_[request.object];
      ++stored.version;
      stored.size = request.size;
      stored.expires_s = request.ttl_s == 0 ? 0 : now_s_ + request.ttl_s;
      writing_.push_back(request.object);
      writes_.push_back({keys_[i].view(), value_of(request.object, stored), request.ttl_s});
    }
    if (writes_.empty()) return;
    written_.resize(writes_.size());
    cache_.write(writes_, written_);
    result_.writes += writes_.size();
    for (std::size_t i = 0; i < written_.size(); ++i) {
      stored_[writing_[i]].present = written_[i] == Written::kStored;
      if (written_[i] == Written::kRefused) ++result_.refused_writes;
    }
  }

  std::string_view value_of(std::uint32_t object, const Stored& stored) const {
    return pool_.value(object, stored.version, stored.size);
  }

  const Trace& trace_;
  Cache& cache_;
  ReplayOptions options_;
  ValuePool pool_;
  std::vector<Stored> stored_;
  std::vector<std::uint32_t> in_batch_;  // the last batch that each object was in
  std::uint32_t batch_number_ = 1;
  SteadyClock::time_point start_;
  std::uint32_t now_s_ = 0;
  ReplayResult result_;

  // The buffers of one batch, kept so that their memory is reused.
  std::vector<TraceRequest> batch_;
  std::vector<KeyText> keys_;
  std::vector<std::size_t> reading_;
  std::vector<Lookup> lookups_;
  std::vector<Found> found_;
  std::vector<std::uint32_t> writing_;
  std::vector<Write> writes_;
  std::vector<Written> written_;
};

}  // namespace

ReplayResult replay(const Trace& trace, Cache& cache, const ReplayOptions& options) {
  return Replayer(trace, cache, options).run();
}

}  // namespace isocache::bench
