// Before a login, a client may only send a `set` with the value "<user> <password>" and any key.
// The rules and messages are memcached 1.6.45's. The user ends at the first space, and the password
// is the rest. The client flags, the exptime and everything after the length are ignored, so
// noreply gets a reply, too.

#include "protocol/numbers.h"
#include "protocol/replies.h"
#include "protocol/tokens.h"
#include "session/session_impl.h"

namespace isocache {
namespace {

// memcached does not look at fewer bytes, so an empty line is answered when more bytes come.
constexpr std::size_t kLeastBytes = 2;

bool parse_login_line(std::string_view line, std::uint32_t& value_length) {
  Tokens tokens(line);
  if (tokens.next() != "set") return false;
  for (int ignored = 0; ignored < 3; ++ignored) tokens.next();
  return parse_u32(tokens.next(), value_length);
}

}  // namespace

// Handles one line, or one login. A line has one limit, in however many pieces it comes.
Session::Impl::Step Session::Impl::read_login() {
  const std::string_view text = framer.text;
  if (text.size() < kLeastBytes || framer.is_incomplete()) return Step::kNeedMore;
  const std::size_t newline = framer.find_newline();
  if (newline > limits::kMaxCommandLineBytes) return Step::kClose;
  if (newline == text.size()) {
    framer.note_scanned();
    return Step::kNeedMore;
  }
  const std::string_view line = without_line_end(text.substr(0, newline));
  std::uint32_t value_length = 0;
  if (!parse_login_line(line, value_length)) {
    out.append(reply::kUnauthenticated);
    framer.take(newline + 1);
    return Step::kGoOn;
  }
  if (value_length > limits::kMaxLoginValueBytes) {  // no such user
    out.append(reply::kLoginFailed);
    return Step::kClose;
  }
  const std::size_t whole = newline + 1 + value_length + 2;
  if (text.size() < whole) {
    framer.await(whole);
    return Step::kNeedMore;
  }
  const std::string_view answer = try_login(text.substr(newline + 1, value_length + 2));
  out.append(answer);
  framer.take(whole);
  if (!logged_in) ++failed_logins;
  return failed_logins == limits::kMaxFailedLogins ? Step::kClose : Step::kGoOn;
}

// `value` includes its line end.
std::string_view Session::Impl::try_login(std::string_view value) {
  if (!value.ends_with("\r\n")) return reply::kBadTermination;
  value.remove_suffix(2);
  const std::size_t space = value.find(' ');
  if (space == std::string_view::npos) return reply::kBadLoginFormat;
  logged_in = options.authenticator->check(value.substr(0, space), value.substr(space + 1));
  return logged_in ? reply::kStored : reply::kLoginFailed;
}

}  // namespace isocache
