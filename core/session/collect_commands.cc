// Parses ahead: turns the commands in the input into a batch of requests. The keys of a get with
// several keys are in collect_keys.cc.
#include "command/exptime.h"
#include "protocol/replies.h"
#include "session/session_impl.h"

namespace isocache {
namespace {

constexpr std::size_t kLineEndBytes = 2;

// These commands may have any number of keys, as in memcached.
bool is_retrieval(std::string_view line) {
  return line.substr(0, 4) == "get " || line.substr(0, 5) == "gets ";
}

}  // namespace

// Parses a line into a request. Its exptimes use the store's time.
AfterLine Session::Impl::parse(std::string_view line, KeyBuffer& key_buffer,
                               Request& request) const {
  const AfterLine after = parse_line(line, key_buffer, request, max_exptime(host_clock));
  translate_exptimes(request);
  return after;
}

void Session::Impl::translate_dates(Request& request) const {
  request.exptime = store_exptime(request.exptime, host_clock);
  request.vivify_exptime = store_exptime(request.vivify_exptime, host_clock);
  request.recache_ttl = store_exptime(request.recache_ttl, host_clock);
}

Session::Impl::Stop Session::Impl::collect(Batch& batch, std::size_t most) {
  while (batch.size() < most) {
    if (!framer.skip()) return Stop::kNeedMore;
    switch (collect_next(batch)) {
      case Step::kGoOn: break;
      case Step::kNeedMore: return Stop::kNeedMore;
      case Step::kAdmin: return Stop::kAdmin;
      case Step::kLogin: return Stop::kLogin;
      case Step::kLarge: return Stop::kLarge;
      case Step::kClose: return Stop::kClose;
    }
  }
  return Stop::kBatchFull;
}

Session::Impl::Step Session::Impl::collect_next(Batch& batch) {
  if (retrieval.active) return collect_key(batch);
  return speaks_binary() ? collect_frame(batch) : collect_line(batch);
}

// A command that does not fit into a batch. It stays at the front of the input.
Session::Impl::Step Session::Impl::set_pending(Step step, const Request& request,
                                               std::size_t line_bytes) {
  pending = {&request, line_bytes};
  return step;
}

// The next command.
Session::Impl::Step Session::Impl::collect_line(Batch& batch) {
  if (framer.is_incomplete()) return Step::kNeedMore;
  // The reply to a line depends on its length, but not on the pieces in which it came.
  const std::size_t length = framer.find_newline();
  if (length > limits::kMaxCommandLineBytes) [[unlikely]] {
    if (!is_retrieval(framer.text)) return Step::kClose;
    if (length > limits::kMaxWholeRetrievalBytes) return begin_open_retrieval();
  }
  if (length == framer.text.size()) {
    framer.note_scanned();
    return Step::kNeedMore;
  }
  const std::string_view line = without_line_end(framer.text.substr(0, length));
  const std::size_t line_bytes = length + 1;
  batch.set_next_position(framer.text.size());
  Request& request = batch.next();
  const AfterLine after = parse(line, batch.next_key_buffer(), request);
  if (after == AfterLine::kValue) return collect_value(batch, request, line_bytes);
  if (after == AfterLine::kNothing && request.verb == Verb::kAdmin) {
    return set_pending(Step::kAdmin, request, line_bytes);
  }
  push(batch, request);
  if (after == AfterLine::kMoreKeys) {
    begin_retrieval(request, line_bytes);
    return Step::kGoOn;
  }
  framer.take(line_bytes);
  if (after == AfterLine::kSwallow) {
    framer.swallow(std::uint64_t{request.reply.value_length} + kLineEndBytes);
  }
  return after == AfterLine::kClose ? Step::kClose : Step::kGoOn;
}

// A storage command, with the part of its value that has arrived.
Session::Impl::Step Session::Impl::collect_value(Batch& batch, Request& request,
                                                 std::size_t line_bytes) {
  const std::string_view text = framer.text;
  const std::size_t whole = line_bytes + request.store.value_length + kLineEndBytes;
  if (text.size() < whole) {
    if (request.store.value_length >= limits::kUploadBytes) {
      return set_pending(Step::kLarge, request, line_bytes);
    }
    framer.await(whole);
    return Step::kNeedMore;
  }
  request.store.value = text.substr(line_bytes, request.store.value_length);
  if (text[whole - 2] != '\r' || text[whole - 1] != '\n') {
    // Meta commands report errors even if they are quiet.
    const bool quiet = request.style == ReplyStyle::kText && request.flags.quiet;
    request.begin_reply(quiet ? std::string_view() : reply::kBadDataChunk).bad_value_end = true;
  }
  push(batch, request);
  framer.take(whole);
  return Step::kGoOn;
}

void Session::Impl::go_back(const InputPosition& position) {
  const std::string_view text = framer.text;
  framer.stop_skipping();
  framer.restart({text.data() + text.size() - position.left, position.left});
  retrieval = position.retrieval;
}

}  // namespace isocache
