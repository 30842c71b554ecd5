// What a Session calls: one engine in an embedder or in wasm (SingleBackend), many engines behind
// locks in the server (native/shards/sharded_backend.h).
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

// A long answer. It is produced in slices as the connection drains (metadump), or it continues when
// something happens.
class ReplyStream {
 public:
  enum class Next : std::uint8_t {
    kMore,   // call produce() again when there is room
    kIdle,   // wait until the waker that administer() was given is called with kStreamToken
    kLater,  // the same, and it is sure to be called soon: a host that ends waits for the answer
    kEnd,
  };

  virtual ~ReplyStream() = default;
  // Appends the next slice.
  virtual Next produce(Output& out, const Clock& clock) = 0;
};

// What an administrative command causes besides its reply.
struct AdminResult {
  enum class Next : std::uint8_t { kContinue, kClose, kShutdown, kShutdownGraceful };
  Next next = Next::kContinue;
  std::unique_ptr<ReplyStream> stream;  // more of the reply, if set
  // The stream does not end by itself: what the client sends from now on is dropped, up to `quit`.
  bool watches = false;
};

class Backend {
 public:
  virtual ~Backend() = default;

  virtual std::uint64_t hash(std::string_view key) const = 0;
  // Executes requests in order and appends their replies in order. Stops early in three cases: the
  // output is full; a value is too large to be copied and cannot be pinned now, because replies of
  // others hold too many segments; or a request has to be suspended. `waker` is called when a
  // suspended request can be finished; it outlives the token. No lock is held on return.
  virtual Executed execute(std::span<Request> requests, UnixSeconds now_s, Output& out,
                           Waker* waker) = 0;
  // flush_all, stats, lru_crawler, ... (Verb::kAdmin). `waker` outlives the stream in the result.
  virtual AdminResult administer(const Request& request, const Clock& clock, Output& out,
                                 Waker* waker) = 0;

  // Late replies (late.h). A session calls these with tokens from its backend. A backend that
  // suspends no requests has no tokens. If one of them throws std::bad_alloc, the token remains. It
  // is abandoned with its session.
  //
  // Executes a suspended request after its token was woken, and appends its reply. `upload`: its
  // value, if finish_upload() suspended it; otherwise null. Three results are possible: `done` is
  // 1; or the request is suspended once more, and `late` is its new token; or neither is set,
  // because memory has to be waited for (as in execute()): then call it again a little later.
  virtual Executed finish(LateToken /*token*/, Request& /*request*/, Upload* /*upload*/,
                          UnixSeconds /*now_s*/, Output& /*out*/, Waker* /*waker*/) {
    check(false);
    return {};
  }
  // The host no longer waits: appends the reply to a miss (wording/miss.h), or to a get whose item
  // is in memory by now, and ends the upload. If a storage command has not been executed by then,
  // it never is. But nobody reads an item any more that was to be deleted or touched.
  virtual void give_up(LateToken /*token*/, Request& /*request*/, Upload* /*upload*/,
                       UnixSeconds /*now_s*/, Output& /*out*/) {
    check(false);
  }
  // The reply can not be sent yet. What was read for it need not be kept: finish() reads it again.
  virtual void put_off(LateToken /*token*/, const Request& /*request*/) { check(false); }
  // Nobody wants the reply any more. Ends the upload.
  virtual void abandon(LateToken /*token*/, const Request& /*request*/, Upload* /*upload*/) {
    check(false);
  }

  // A large value that is being received; see Store::begin_upload(). The session keeps `upload`
  // until it is finished, aborted or refused. A refusal (too large, no memory) is counted. As in
  // memcached, a refused `set` removes the old item.
  virtual PutStatus begin_upload(const Request& request, UnixSeconds now_s, Upload* upload) = 0;
  virtual std::span<char> upload_window(const Request& request, Upload& upload) = 0;
  virtual bool upload_may_wait(const Request& request, const Upload& upload, UnixSeconds now_s) = 0;
  virtual void upload_received(const Request& request, Upload& upload, std::size_t bytes) = 0;
  virtual void abort_upload(const Request& request, Upload& upload) = 0;
  // Ends an upload for which memory has run out, as begin_upload() does when it refuses.
  virtual void refuse_upload(const Request& request, Upload& upload) = 0;
  // Executes the storage command whose value is complete, and appends its reply. Ends the upload.
  // If the request is suspended, it returns the token instead, and finish(), give_up() or abandon()
  // ends the upload.
  virtual LateToken finish_upload(Request& request, Upload& upload, UnixSeconds now_s, Output& out,
                                  Waker* waker) = 0;

  // True if a request had to wait in the last second or so for memory that replies or uploads hold.
  // Then the host ends connections that hold memory and have not moved for long.
  virtual bool memory_is_wanted(UnixSeconds /*now_s*/) const { return false; }

  // The transport has sent (or dropped) the bytes that these pins held.
  virtual void release(const Output& sent) = 0;
};

}  // namespace isocache
