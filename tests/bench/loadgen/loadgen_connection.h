// One connection under load: sends a batch of requests at once, waits for all of its replies, and
// so on. `--depth` is the size of a batch: 1 is a client that waits, 32 one that pipelines.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "bench/base/histogram.h"
#include "bench/loadgen/loadgen_transport.h"
#include "bench/loadgen/loadgen_workload.h"

namespace isocache::bench {

using SteadyClock = std::chrono::steady_clock;

struct LoadCounts {
  Histogram latency;
  std::uint64_t requests = 0;
  std::uint64_t keys = 0;    // asked for by gets
  std::uint64_t values = 0;  // that came back
  std::uint64_t errors = 0;
  std::uint64_t received_bytes = 0;
  std::string first_error;

  void add(const LoadCounts& other);
};

class Connection {
 public:
  // Non-blocking after connecting. Throws std::runtime_error if the server cannot be reached.
  Connection(const std::string& address, const TransportOptions& transport, Workload& workload);

  int fd() const { return transport_.fd(); }
  bool idle() const { return next_reply_ == expected_.size(); }
  // Returns false if the socket takes no more for now. Call send() again when it is writable.
  bool sent() const { return sent_bytes_ == request_.size(); }

  // REQUIRES: idle(). Latency counts from `due`.
  void start_batch(unsigned depth, SteadyClock::time_point due);
  void send();
  // Reads the bytes that have come, and counts complete replies. Throws std::runtime_error if the
  // server closes the connection.
  void receive(LoadCounts& counts);

 private:
  void take_replies(LoadCounts& counts);
  void make_room();

  Transport transport_;
  Workload& workload_;
  SteadyClock::time_point due_;
  std::string request_;
  std::size_t sent_bytes_ = 0;
  std::vector<Expected> expected_;
  std::size_t next_reply_ = 0;
  std::string input_;
  std::size_t begin_ = 0;  // received bytes that are not read yet
  std::size_t end_ = 0;
};

}  // namespace isocache::bench
