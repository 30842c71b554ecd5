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

// These may have any number of keys, as in memcached.
bool is_retrieval(std::string_view line) {
  return line.substr(0, 4) == "get " || line.substr(0, 5) == "gets ";
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
    if (skipping_line && !skip_line()) return Stop::kNeedMore;
    const Stop stop = retrieval.active ? collect_key(batch) : collect_line(batch);
    if (stop != Stop::kFull) return stop;
  }
  return Stop::kFull;
}

// The next command. kFull here means: it is in the batch, go on.
Session::Impl::Stop Session::Impl::collect_line(Batch& batch) {
  if (in.size() < awaited || in.size() == scanned) return Stop::kNeedMore;
  const char* const end = in.data() + in.size();
  const char* const newline = find_byte(in.data() + (awaited != 0 ? 0 : scanned), end, '\n');
  // What a line is answered with depends on its length, and not on the pieces it came in.
  const auto length = static_cast<std::size_t>(newline - in.data());
  if (length > limits::kMaxCommandLineBytes) [[unlikely]] {
    if (!is_retrieval(in)) return Stop::kClose;
    if (length > limits::kMaxWholeRetrievalBytes) return begin_open_retrieval();
  }
  if (newline == end) {
    scanned = in.size();
    return Stop::kNeedMore;
  }
  const std::string_view line = without_line_end(in.data(), newline);
  const std::size_t line_bytes = length + 1;
  batch.set_next_position(in.size());
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
      swallow = std::uint64_t{request.reply.value_length} + 2;
      return Stop::kFull;
    case AfterLine::kMoreKeys: {
      const auto keys_at = static_cast<std::size_t>(request.get.keys_to_come.data() - in.data());
      retrieval.keys_length = request.get.keys_to_come.size();
      retrieval.line_end = line_bytes - keys_at - request.get.keys_to_come.size();
      retrieval.flags = request.flags;
      retrieval.exptime = request.exptime;
      retrieval.active = true;
      retrieval.open = false;
      retrieval.keys_seen = true;
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
  const std::size_t whole = line_bytes + request.store.value_length + 2;
  if (in.size() < whole) {
    if (request.store.value_length >= limits::kUploadBytes) {
      pending = &request;
      pending_line_bytes = line_bytes;
      return Stop::kLarge;
    }
    awaited = whole;
    return Stop::kNeedMore;
  }
  request.store.value = in.substr(line_bytes, request.store.value_length);
  if (in[whole - 2] != '\r' || in[whole - 1] != '\n') {
    // Meta commands answer errors even when they are quiet.
    const bool quiet = request.style == ReplyStyle::kText && request.flags.quiet;
    request.begin_reply(quiet ? std::string_view() : reply::kBadDataChunk).bad_value_end = true;
  }
  push(batch, request);
  take(whole);
  return Stop::kFull;
}

// --- many keys -----------------------------------------------------------------------------

// A line too long to be kept: its keys are read as they come, a bounded number of bytes at a time.
// Unlike a shorter one's, its keys are not looked at before the first is answered, so that a bad
// key ends an answer that has begun.
Session::Impl::Stop Session::Impl::begin_open_retrieval() {
  const bool with_cas = in[3] == 's';
  retrieval = {};
  retrieval.flags.return_value = true;
  retrieval.flags.return_cas = with_cas;
  retrieval.active = true;
  retrieval.open = true;
  take(with_cas ? 5 : 4);
  return Stop::kFull;
}

// The keys of an open retrieval that are at hand whole. False: none is.
bool Session::Impl::find_open_keys() {
  const char* const end = in.data() + in.size();
  const char* const newline = find_byte(in.data(), end, '\n');
  if (newline != end) {
    const std::string_view rest = without_line_end(in.data(), newline);
    retrieval.keys_length = rest.size();
    retrieval.line_end = static_cast<std::size_t>(newline - in.data()) + 1 - rest.size();
    retrieval.open = false;
    return true;
  }
  const std::size_t space = in.rfind(' ');
  if (space != std::string_view::npos) {
    retrieval.keys_length = space + 1;
  } else if (in.size() > limits::kMaxKeyBytes + 1) {  // a "\r" may be its last byte
    retrieval.keys_length = in.size();
  }
  return retrieval.keys_length != 0;
}

// The next key of a retrieval, or its end.
Session::Impl::Stop Session::Impl::collect_key(Batch& batch) {
  const bool first_look = retrieval.open && retrieval.keys_length == 0;
  if (first_look && !find_open_keys()) return Stop::kNeedMore;
  batch.set_next_position(in.size(), retrieval);
  Request& request = batch.next();
  std::string_view keys = in.substr(0, retrieval.keys_length);
  request.flags = retrieval.flags;
  if (next_key(keys, request)) {
    request.exptime = retrieval.exptime;
    if (retrieval.open) request.get.last_key = false;
    push(batch, request);
    take(retrieval.keys_length - keys.size());
    retrieval.keys_length = keys.size();
    retrieval.keys_seen = true;
    if (request.get.last_key) end_retrieval();
    return Stop::kFull;
  }
  const bool too_long = !request.key.bytes.empty();
  request.key.bytes = {};
  if (retrieval.open && !too_long) {  // spaces
    take(retrieval.keys_length);
    retrieval.keys_length = 0;
    return Stop::kFull;
  }
  request.begin_reply(too_long              ? reply::kBadRetrievalKey
                      : retrieval.keys_seen ? end_of_retrieval(retrieval.flags)
                                            : reply::kBadFormat);
  push(batch, request);
  skipping_line = retrieval.open;
  end_retrieval();
  return Stop::kFull;
}

void Session::Impl::end_retrieval() {
  take(retrieval.keys_length + (retrieval.open ? 0 : retrieval.line_end));
  retrieval.active = false;
}

// False: the line goes on.
bool Session::Impl::skip_line() {
  const std::size_t newline = in.find('\n');
  take(newline == std::string_view::npos ? in.size() : newline + 1);
  skipping_line = newline == std::string_view::npos;
  return !skipping_line;
}

void Session::Impl::go_back(const InputPosition& position) {
  in = {in.data() + in.size() - position.left, position.left};
  retrieval = position.retrieval;
  skipping_line = false;
  swallow = 0;
  scanned = 0;
  awaited = 0;
}

}  // namespace isocache
