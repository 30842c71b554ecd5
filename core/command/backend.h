// What a Session talks to: one engine in an embedder or in wasm (SingleBackend), many engines
// behind locks in the server (native/shards/sharded_backend.h).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/clock.h"
#include "protocol/output.h"
#include "protocol/request.h"
#include "store/store.h"

namespace isocache {

// A long answer (metadump) that is produced in slices as the connection drains.
class ReplyStream {
 public:
  virtual ~ReplyStream() = default;
  // Appends some more; false when that was the end.
  virtual bool produce(Output& out, const Clock& clock) = 0;
};

// What an administrative command leads to, beyond its reply.
struct AdminResult {
  enum class Next : std::uint8_t { kContinue, kClose, kShutdown, kShutdownGraceful };
  Next next = Next::kContinue;
  std::unique_ptr<ReplyStream> stream;  // more of the reply, if set
};

class Backend {
 public:
  virtual ~Backend() = default;

  virtual std::uint64_t hash(std::string_view key) const = 0;
  // Executes requests in order and appends their replies in order. Stops early, and returns how
  // many were executed, when the output is full, or when a value that is too large to be copied
  // cannot be referred to now, because others' replies hold too many segments. No lock is held on
  // return.
  virtual std::size_t execute(std::span<Request> requests, UnixSeconds now_s, Output& out) = 0;
  // flush_all, stats, lru_crawler, ... (Verb::kAdmin).
  virtual AdminResult administer(const Request& request, const Clock& clock, Output& out) = 0;

  // A large value that is being received; see Store::begin_upload(). The session has `upload` until
  // it is finished, aborted or refused. A refusal (too large, no memory) is counted, and a refused
  // `set` removes the old item, as memcached does.
  virtual PutStatus begin_upload(const Request& request, UnixSeconds now_s, Upload* upload) = 0;
  virtual std::span<char> upload_window(const Request& request, Upload& upload) = 0;
  virtual bool upload_may_wait(const Request& request, const Upload& upload, UnixSeconds now_s) = 0;
  virtual void upload_received(const Request& request, Upload& upload, std::size_t bytes) = 0;
  virtual void abort_upload(const Request& request, Upload& upload) = 0;
  // Ends an upload for which there is no more memory, as begin_upload() does when it refuses.
  virtual void refuse_upload(const Request& request, Upload& upload) = 0;
  // Executes the storage command whose value is complete, and appends its reply. Ends the upload.
  virtual void finish_upload(const Request& request, Upload& upload, UnixSeconds now_s,
                             Output& out) = 0;

  // Somebody had to wait for memory in the last second or so, held by replies or by uploads. Then
  // the host ends connections that hold some and have not moved for long.
  virtual bool memory_is_wanted(UnixSeconds /*now_s*/) const { return false; }

  // The transport has sent (or dropped) what these pins held.
  virtual void release(const Output& sent) = 0;
};

}  // namespace isocache
