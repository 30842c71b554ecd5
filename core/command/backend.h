// What a Session talks to: one engine in an embedder or in wasm (SingleBackend), many engines
// behind locks in the server (native/shards/sharded_backend.h).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/check.h"
#include "base/clock.h"
#include "command/late.h"
#include "protocol/output.h"
#include "protocol/request.h"
#include "store/store.h"

namespace isocache {

// A long answer (metadump) that is produced in slices as the connection drains, or one that goes on
// as something happens.
class ReplyStream {
 public:
  enum class Next : std::uint8_t {
    kMore,  // call produce() again when there is room
    kIdle,  // not before the waker that administer() was given has been called with kStreamToken
    kEnd,
  };

  virtual ~ReplyStream() = default;
  // Appends some more.
  virtual Next produce(Output& out, const Clock& clock) = 0;
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
  // Executes requests in order and appends their replies in order. Stops early when the output is
  // full, when a value that is too large to be copied cannot be referred to now, because others'
  // replies hold too many segments, or when a request has to be suspended. `waker` is told when
  // that can be finished; it outlives the token. No lock is held on return.
  virtual Executed execute(std::span<Request> requests, UnixSeconds now_s, Output& out,
                           Waker* waker) = 0;
  // flush_all, stats, lru_crawler, ... (Verb::kAdmin). `waker` outlives the stream in the result.
  virtual AdminResult administer(const Request& request, const Clock& clock, Output& out,
                                 Waker* waker) = 0;

  // Late replies (late.h). A session calls these with tokens that its backend gave out; a backend
  // that suspends nothing has none.
  //
  // Executes a suspended request, after its token was woken, and appends its reply. `upload`: its
  // value, where finish_upload() suspended it; else null. Either `done` is 1; or the request is
  // suspended once more, and `late` is its new token; or neither, as execute() stops when memory
  // has to be waited for: then call it again a little later.
  virtual Executed finish(LateToken /*token*/, Request& /*request*/, Upload* /*upload*/,
                          UnixSeconds /*now_s*/, Output& /*out*/, Waker* /*waker*/) {
    check(false);
    return {};
  }
  // The host waits no longer: appends the reply of a miss (word_miss()), and ends the upload. A
  // storage command that has not been executed never is.
  virtual void give_up(LateToken /*token*/, Request& /*request*/, Upload* /*upload*/,
                       UnixSeconds /*now_s*/, Output& /*out*/) {
    check(false);
  }
  // Nobody wants the reply any more. Ends the upload.
  virtual void abandon(LateToken /*token*/, const Request& /*request*/, Upload* /*upload*/) {
    check(false);
  }

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
  // Executes the storage command whose value is complete, and appends its reply. Ends the upload,
  // unless the request is suspended: then its token is returned, and finish(), give_up() or
  // abandon() ends it.
  virtual LateToken finish_upload(Request& request, Upload& upload, UnixSeconds now_s, Output& out,
                                  Waker* waker) = 0;

  // Somebody had to wait for memory in the last second or so, held by replies or by uploads. Then
  // the host ends connections that hold some and have not moved for long.
  virtual bool memory_is_wanted(UnixSeconds /*now_s*/) const { return false; }

  // The transport has sent (or dropped) what these pins held.
  virtual void release(const Output& sent) = 0;
};

}  // namespace isocache
