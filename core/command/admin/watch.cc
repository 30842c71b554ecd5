// watch: the connection becomes a watcher until it ends. Its lines are a stream that is idle until
// something happens (ReplyStream).

#include <memory>
#include <string_view>
#include <utility>

#include "command/admin/call.h"
#include "command/program_parts.h"
#include "command/watching/watch_port.h"
#include "protocol/replies.h"
#include "protocol/tokens.h"
#include "watch/stream.h"

namespace isocache {
namespace {

// One watcher's lines.
class WatchStreamReply : public ReplyStream {
 public:
  explicit WatchStreamReply(WatchPort& port) : port_(port) {}
  ~WatchStreamReply() override {
    if (joined_) port_.leave(id_);
  }
  WatchStreamReply(const WatchStreamReply&) = delete;
  WatchStreamReply& operator=(const WatchStreamReply&) = delete;

  WatchPort::Joined join(StreamSet streams, Waker* waker) {
    const WatchPort::Joined joined = port_.join(streams, waker, &id_);
    joined_ = joined == WatchPort::Joined::kYes;
    return joined;
  }
  Next produce(Output& out, const Clock& /*clock*/) override {
    return port_.take(id_, out) ? Next::kMore : Next::kIdle;
  }

 private:
  WatchPort& port_;
  WatcherId id_ = 0;
  bool joined_ = false;
};

void begin_watch(AdminCall& call, WatchPort& port, StreamSet streams) {
  auto stream = std::make_unique<WatchStreamReply>(port);
  switch (stream->join(streams, call.waker)) {
    case WatchPort::Joined::kYes: break;
    case WatchPort::Joined::kTooMany: return call.reply(reply::kWatchersTooMany);
    case WatchPort::Joined::kNoMemory: return call.reply(reply::kWatchFailed);
  }
  call.result.stream = std::move(stream);
  call.result.watches = true;
  call.reply(reply::kOk);
}

}  // namespace

void run_watch(AdminCall& call) {
  if (!call.target.settings().watch_enabled) return call.reply(reply::kWatchNotAllowed);
  if (!watchers_exist()) return call.reply(reply::kWatchFailed);
  StreamSet streams;
  Tokens tokens(call.arguments());
  for (std::string_view word = tokens.next(); !word.empty(); word = tokens.next()) {
    const WatchWord* const known = find_watch_word(word);
    if (known == nullptr) return call.reply(reply::kError);
    streams.add(known->streams);
  }
  if (call.count() == 0) streams = WatchStream::kFetchers;
  WatchPort* const port = call.target.watch_port();
  if (port == nullptr) return call.reply(reply::kWatchFailed);
  begin_watch(call, *port, streams);
}

}  // namespace isocache
