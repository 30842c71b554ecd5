// The binary protocol: its frames into a batch, and logins by SASL PLAIN.
#include <utility>

#include "base/check.h"
#include "base/limits.h"
#include "command/wording/binary.h"
#include "protocol/binary/binary_parser.h"
#include "session/session_impl.h"

namespace isocache {
namespace {

using binary::append_frame;
using binary::append_status;
using binary::Header;
using binary::Opcode;
using binary::Status;

constexpr std::string_view kMechanism = "PLAIN";  // the only one

}  // namespace

// Parses a frame's head into a request. Its exptimes use the store's time.
AfterLine Session::Impl::parse_frame(std::string_view head, Request& request) const {
  using binary::Login;
  const Login login = options.authenticator == nullptr ? Login::kNotNeeded
                      : logged_in                      ? Login::kDone
                                                       : Login::kMissing;
  const AfterLine after = binary::parse_frame(head, login, request);
  translate_exptimes(request);
  return after;
}

// The next frame. A connection that has begun with one has nothing else.
Session::Impl::Step Session::Impl::collect_frame(Batch& batch) {
  if (framer.is_incomplete()) return Step::kNeedMore;
  const std::string_view text = framer.text;
  if (!binary::begins_frame(text)) [[unlikely]]
    return Step::kClose;
  if (text.size() < binary::kHeaderBytes) {
    framer.await(binary::kHeaderBytes);
    return Step::kNeedMore;
  }
  const Header header(text.data());
  const std::size_t head_bytes = binary::head_length(header);
  if (text.size() < head_bytes) {
    framer.await(head_bytes);
    return Step::kNeedMore;
  }
  batch.set_next_position(text.size());
  Request& request = batch.next();
  const AfterLine after = parse_frame(text.substr(0, head_bytes), request);
  if (after == AfterLine::kValue) return collect_frame_value(batch, request, head_bytes);
  if (request.verb == Verb::kAdmin) {
    return binary::is_login(header) ? collect_login(request)
                                    : set_pending(Step::kAdmin, request, head_bytes);
  }
  push(batch, request);
  framer.take(head_bytes);
  if (after == AfterLine::kSwallow) framer.swallow(request.reply.value_length);
  return after == AfterLine::kClose ? Step::kClose : Step::kGoOn;
}

// A storage command, with the part of its value that has arrived.
Session::Impl::Step Session::Impl::collect_frame_value(Batch& batch, Request& request,
                                                       std::size_t head_bytes) {
  const std::size_t whole = head_bytes + request.store.value_length;
  if (framer.text.size() < whole) {
    if (request.store.value_length >= limits::kUploadBytes) {
      return set_pending(Step::kLarge, request, head_bytes);
    }
    framer.await(whole);
    return Step::kNeedMore;
  }
  request.store.value = framer.text.substr(head_bytes, request.store.value_length);
  push(batch, request);
  framer.take(whole);
  return Step::kGoOn;
}

// A login is executed when its value is whole: the message of the mechanism.
Session::Impl::Step Session::Impl::collect_login(const Request& request) {
  const Header header(framer.text.data());
  if (header.value_length() > limits::kMaxLoginValueBytes) return Step::kClose;
  const std::size_t whole = binary::head_length(header) + header.value_length();
  if (framer.text.size() < whole) {
    framer.await(whole);
    return Step::kNeedMore;
  }
  return set_pending(Step::kLogin, request, whole);
}

Session::Impl::Go Session::Impl::run_login_frame() {
  check(speaks_binary());
  const Request& request = *pending.request;
  const Header header(framer.text.data());
  const std::string_view message =
      framer.text.substr(binary::head_length(header), header.value_length());
  if (header.is(Opcode::kSaslList)) {
    append_frame(Status::kOk, kMechanism, request, out);
  } else if (header.is(Opcode::kSaslAuth) && request.admin.line == kMechanism && message.empty()) {
    sasl_begun = true;
    append_frame(Status::kAuthContinue, {}, request, out);
  } else {
    const bool in_order = header.is(Opcode::kSaslAuth) || std::exchange(sasl_begun, false);
    logged_in = in_order && request.admin.line == kMechanism && check_plain(message);
    if (logged_in) {
      append_frame(Status::kOk, "Authenticated", request, out);
    } else {
      append_status(Status::kAuthError, request, out);
      ++failed_logins;
    }
  }
  framer.take(pending.line_bytes);
  --turn_left;
  ended = failed_logins == limits::kMaxFailedLogins;
  return Go::kOn;
}

// "<whom to act for> NUL <user> NUL <password>" (RFC 4616). Nobody acts for others.
bool Session::Impl::check_plain(std::string_view message) const {
  const std::size_t user_at = message.find('\0') + 1;
  const std::size_t user_end = message.find('\0', user_at);
  if (user_at == 0 || user_end == std::string_view::npos) return false;
  const std::string_view acts_for = message.substr(0, user_at - 1);
  const std::string_view user = message.substr(user_at, user_end - user_at);
  if (!acts_for.empty() && acts_for != user) return false;
  return options.authenticator->check(user, message.substr(user_end + 1));
}

}  // namespace isocache
