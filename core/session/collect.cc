// Parsing ahead: from the bytes at hand to a batch of requests.

#include "base/bytes.h"
#include "command/exptime.h"
#include "protocol/replies.h"
#include "session/session_impl.h"

namespace isocache {
namespace {

// The line of `bytes` up to its newline, without the end, which may be "\n" alone.
std::string_view without_line_end(const char* begin, const char* newline) {
  std::size_t length = static_cast<std::size_t>(newline - begin);
  if (length != 0 && begin[length - 1] == '\r') --length;
  return {begin, length};
}

// memcached bounds what it buffers for a command, except for get and gets, which have many keys.
bool line_too_long(std::string_view unfinished) {
  if (unfinished.size() <= limits::kMaxCommandLineBytes) return false;
  const bool many_keys = unfinished.substr(0, 4) == "get " || unfinished.substr(0, 5) == "gets ";
  return !many_keys || unfinished.size() > limits::kMaxRetrievalLineBytes;
}

}  // namespace

void Session::Impl::take(std::size_t bytes) {
  in.remove_prefix(bytes);
  scanned = 0;
  awaited = 0;
}

// A line into a request, whose exptimes are by the store's time.
AfterLine Session::Impl::parse(std::string_view line, KeyBuffer& key_buffer,
                               Request& request) const {
  const AfterLine after = parse_line(line, key_buffer, request, max_exptime(host_clock));
  if (host_clock.wall_minus_now_s != 0) [[unlikely]] {
    request.exptime = store_exptime(request.exptime, host_clock);
    request.vivify_exptime = store_exptime(request.vivify_exptime, host_clock);
    request.recache_ttl = store_exptime(request.recache_ttl, host_clock);
  }
  return after;
}

void Session::Impl::push(Batch& batch, Request& request) {
  if (request.verb != Verb::kReply) request.key.hash = backend.hash(request.key.bytes);
  batch.push();
}

Session::Impl::Stop Session::Impl::collect(Batch& batch, std::size_t most) {
  while (batch.size() < most) {
    if (swallow != 0) {
      const auto bytes = static_cast<std::size_t>(std::min<std::uint64_t>(swallow, in.size()));
      in.remove_prefix(bytes);
      swallow -= bytes;
      if (swallow != 0) return Stop::kNeedMore;
    }
    if (retrieval.line_end != 0) {
      collect_key(batch);
      continue;
    }
    const Stop stop = collect_line(batch);
    if (stop != Stop::kFull) return stop;
  }
  return Stop::kFull;
}

// The next command. kFull here means: it is in the batch, go on.
Session::Impl::Stop Session::Impl::collect_line(Batch& batch) {
  if (in.size() < awaited || in.size() == scanned) return Stop::kNeedMore;
  const char* const end = in.data() + in.size();
  const char* const newline = find_byte(in.data() + (awaited != 0 ? 0 : scanned), end, '\n');
  if (newline == end) {
    scanned = in.size();
    return line_too_long(in) ? Stop::kClose : Stop::kNeedMore;
  }
  const std::string_view line = without_line_end(in.data(), newline);
  const std::size_t line_bytes = static_cast<std::size_t>(newline - in.data()) + 1;
  Request& request = batch.next();
  switch (parse(line, batch.next_key_buffer(), request)) {
    case AfterLine::kNothing:
      if (request.verb == Verb::kAdmin) {
        pending = &request;
        pending_line_bytes = line_bytes;
        return Stop::kAdmin;
      }
      push(batch, request);
      take(line_bytes);
      return Stop::kFull;
    case AfterLine::kValue: return collect_value(batch, request, line_bytes);
    case AfterLine::kSwallow:
      push(batch, request);
      take(line_bytes);
      swallow = std::uint64_t{request.value_length} + 2;
      return Stop::kFull;
    case AfterLine::kMoreKeys: {
      const auto keys_at = static_cast<std::size_t>(request.line.data() - in.data());
      retrieval.keys_length = request.line.size();
      retrieval.line_end = line_bytes - keys_at - request.line.size();
      retrieval.flags = request.flags;
      retrieval.exptime = request.exptime;
      push(batch, request);
      take(keys_at);
      return Stop::kFull;
    }
    case AfterLine::kClose: break;
  }
  push(batch, request);
  take(line_bytes);
  return Stop::kClose;
}

// A storage command, with as much of its value as is there.
Session::Impl::Stop Session::Impl::collect_value(Batch& batch, Request& request,
                                                 std::size_t line_bytes) {
  const std::size_t whole = line_bytes + request.value_length + 2;
  if (in.size() < whole) {
    if (request.value_length >= limits::kUploadBytes) {
      pending = &request;
      pending_line_bytes = line_bytes;
      return Stop::kLarge;
    }
    awaited = whole;
    return Stop::kNeedMore;
  }
  request.value = in.substr(line_bytes, request.value_length);
  if (in[whole - 2] != '\r' || in[whole - 1] != '\n') {
    // Meta commands answer errors even when they are quiet.
    const bool quiet = request.style == ReplyStyle::kText && request.flags.no_reply;
    request.verb = Verb::kReply;
    request.fixed_reply = quiet ? std::string_view() : reply::kBadDataChunk;
  }
  push(batch, request);
  take(whole);
  return Stop::kFull;
}

// The next key of a retrieval, or its end.
void Session::Impl::collect_key(Batch& batch) {
  Request& request = batch.next();
  std::string_view keys = in.substr(0, retrieval.keys_length);
  request.flags = retrieval.flags;
  if (next_key(keys, request)) {
    request.verb = Verb::kGet;
    request.exptime = retrieval.exptime;
    push(batch, request);
    take(retrieval.keys_length - keys.size());
    retrieval.keys_length = keys.size();
    if (!request.fixed_reply.empty()) end_retrieval();
    return;
  }
  request.verb = Verb::kReply;
  request.fixed_reply = end_of_retrieval(retrieval.flags);
  push(batch, request);
  end_retrieval();
}

void Session::Impl::end_retrieval() {
  take(retrieval.keys_length + retrieval.line_end);
  retrieval.line_end = 0;
}

}  // namespace isocache
