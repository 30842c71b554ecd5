// Puts the keys of a get with several keys into a batch, one by one.

#include "protocol/replies.h"
#include "protocol/text/text_parser.h"
#include "session/session_impl.h"

namespace isocache {

// The first key is in the batch. From now on the other keys are at the front of the input.
void Session::Impl::begin_retrieval(const Request& request, std::size_t line_bytes) {
  const std::string_view keys = request.get.keys_to_come;
  const auto keys_at = static_cast<std::size_t>(keys.data() - framer.text.data());
  retrieval.keys_length = keys.size();
  retrieval.line_end = line_bytes - keys_at - keys.size();
  retrieval.flags = request.flags;
  retrieval.exptime = request.exptime;
  retrieval.active = true;
  retrieval.open = false;
  retrieval.keys_seen = true;
  framer.take(keys_at);
}

// A line that is too long to be kept: its keys are read as they come, a bounded number of bytes at
// a time. Unlike the keys of a shorter line, they are not all checked before the first is answered.
// So a bad key may end a reply that has begun.
Session::Impl::Step Session::Impl::begin_open_retrieval() {
  const bool with_cas = framer.text[3] == 's';
  retrieval = {};
  retrieval.flags.return_value = true;
  retrieval.flags.return_cas = with_cas;
  retrieval.active = true;
  retrieval.open = true;
  framer.take(with_cas ? 5 : 4);
  return Step::kGoOn;
}

// Batches the complete keys of an open retrieval. Returns false if there is none.
bool Session::Impl::find_open_keys() {
  const std::string_view text = framer.text;
  const std::size_t newline = framer.find_newline();
  if (newline != text.size()) {
    const std::string_view rest = without_line_end(text.substr(0, newline));
    retrieval.keys_length = rest.size();
    retrieval.line_end = newline + 1 - rest.size();
    retrieval.open = false;
    return true;
  }
  const std::size_t space = text.rfind(' ');
  if (space != std::string_view::npos) {
    retrieval.keys_length = space + 1;
  } else if (text.size() > limits::kMaxKeyBytes + 1) {  // a "\r" may be its last byte
    retrieval.keys_length = text.size();
  }
  return retrieval.keys_length != 0;
}

// The next key of a retrieval, or its end.
Session::Impl::Step Session::Impl::collect_key(Batch& batch) {
  const bool first_look = retrieval.open && retrieval.keys_length == 0;
  if (first_look && !find_open_keys()) return Step::kNeedMore;
  batch.set_next_position(framer.text.size(), retrieval);
  Request& request = batch.next();
  std::string_view keys = framer.text.substr(0, retrieval.keys_length);
  request.flags = retrieval.flags;
  if (next_key(keys, request)) {
    request.exptime = retrieval.exptime;
    if (retrieval.open) request.get.last_key = false;
    push(batch, request);
    framer.take(retrieval.keys_length - keys.size());
    retrieval.keys_length = keys.size();
    retrieval.keys_seen = true;
    if (request.get.last_key) end_retrieval();
    return Step::kGoOn;
  }
  collect_end_of_keys(batch, request);
  return Step::kGoOn;
}

// True if no key follows: the rest is empty, or spaces, or begins with a key that is too long.
void Session::Impl::collect_end_of_keys(Batch& batch, Request& request) {
  const bool too_long = !request.key.bytes.empty();
  request.key.bytes = {};
  if (retrieval.open && !too_long) {  // spaces
    framer.take(retrieval.keys_length);
    retrieval.keys_length = 0;
    return;
  }
  request.begin_reply(too_long              ? reply::kBadRetrievalKey
                      : retrieval.keys_seen ? end_of_retrieval(retrieval.flags)
                                            : reply::kBadFormat);
  push(batch, request);
  if (retrieval.open) framer.skip_line();
  end_retrieval();
}

void Session::Impl::end_retrieval() {
  framer.take(retrieval.keys_length + (retrieval.open ? 0 : retrieval.line_end));
  retrieval.active = false;
}

}  // namespace isocache
