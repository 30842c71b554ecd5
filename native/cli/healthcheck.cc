#include "native/cli/healthcheck.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "native/base/errors.h"
#include "native/base/log.h"
#include "native/cli/health_connection.h"
#include "native/cli/parse_options.h"
#include "native/net/listener_set.h"
#include "native/process/process.h"
#include "protocol/binary/frame.h"
#include "session/protocols.h"

namespace isocache {
namespace {

constexpr std::string_view kUsage =
    "isocached healthcheck [ADDRESS] [--no-verify] [FLAGS]\n"
    "\n"
    "Asks a running server for its version, in the protocol that it speaks, or an HTTP port\n"
    "for /readyz, and prints a line.\n"
    "The exit status is 0 if the server is healthy, and 1 if it is not or does not answer\n"
    "within 2 seconds. ADDRESS is one of\n"
    "\n"
    "  host:port, port              memcached's protocols (port: of 127.0.0.1)\n"
    "  /path/of/socket              the same, over a unix socket\n"
    "  tls://host:port              the same, over TLS\n"
    "  http://host:port             the port of --http\n"
    "  https://host:port            the same, with -Z\n"
    "\n"
    "Without ADDRESS, it asks the server that has the same FLAGS, ISOCACHED_... variables and\n"
    "configuration file. With ADDRESS, it verifies the server's certificate by the system's\n"
    "authorities and those of -o ssl_ca_cert=<file>; --no-verify turns that off.\n";

// The address at which a server that listens everywhere is found on its own machine.
std::string reachable(const std::string& host) {
  if (host == "0.0.0.0" || host == "*") return "127.0.0.1";
  return host == "::" ? "::1" : host;
}

Target configured_target(const Options& options) {
  if (!options.unix_socket.empty() && options.http.listen.empty()) {
    return {.endpoint = {}, .unix_path = options.unix_socket, .protocols = options.protocols};
  }
  const std::vector<ListenAddress> addresses = listen_addresses(options);
  const bool http = !options.http.listen.empty();
  const auto serves = http ? Listener::Serves::kHttp : Listener::Serves::kMemcached;
  const ListenAddress& address = *std::ranges::find(addresses, serves, &ListenAddress::serves);
  Target target{.endpoint = address.endpoint,
                .unix_path = {},
                .http = http,
                .tls = address.tls,
                .protocols = address.protocols};
  target.endpoint.host = reachable(target.endpoint.host);
  return target;
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

Target named_target(std::string_view address, bool verify, const Options& options) {
  Target target;
  target.protocols = options.protocols;
  if (address.starts_with('/')) {
    target.unix_path = address;
    return target;
  }
  target.tls = take_prefix(address, "https://");
  target.http = target.tls || take_prefix(address, "http://");
  target.tls = target.tls || take_prefix(address, "tls://");
  target.verify = verify && target.tls;
  if (address.find("://") != std::string_view::npos) {
    throw UsageError(fmt::format("healthcheck: '{}': tls://, http://, https:// or none", address));
  }
  if (target.http) address = address.substr(0, address.find('/'));
  const bool port_only = address.find_first_not_of("0123456789") == std::string_view::npos;
  const std::string text = fmt::format("{}{}", port_only ? "127.0.0.1:" : "", address);
  target.endpoint = parse_endpoint(text, target.http ? (target.tls ? 443 : 80) : options.port);
  return target;
}

// The other protocols to try: "; it may be tls://... or http://... or https://...". If TLS works
// there, only TLS is named.
std::string other_ways(const Target& target) {
  if (!target.unix_path.empty()) return {};
  std::vector<std::string> others;
  if (!target.tls) others.push_back(target.with(!target.http, false).text());
  if (!target.tls) others.push_back(target.with(target.http, true).text());
  others.push_back(target.with(!target.http, true).text());
  return fmt::format("; it may be {}", fmt::join(others, " or "));
}

// If there was no answer, or an answer in another protocol, throws SystemError that names the
// address to try.
void check_protocol(const Target& target, std::string_view line) {
  constexpr char kTlsAlert = '\x15';
  const auto fail = [](std::string_view speaks, const Target& other) {
    throw SystemError(fmt::format("it speaks {}; try {}", speaks, other.text()));
  };
  if (line.empty()) throw SystemError("closed without an answer" + other_ways(target));
  const bool answers_http = line.starts_with("HTTP/");
  if (!target.tls && line.starts_with(kTlsAlert)) fail("TLS", target.with(target.http, true));
  if (!target.http && answers_http) fail("HTTP", target.with(true, target.tls));
  if (target.http && !answers_http) fail("no HTTP", target.with(false, target.tls));
}

// What a server said, in its first line.
struct Answer {
  std::string line;
  bool wants_certificate = false;
  std::string why = {};  // it is not ready
};

std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find_first_of("\r\n")));
}

bool is_reply(std::string_view text) {
  return text.starts_with(binary::kReplyMagic) ? text.size() >= binary::kHeaderBytes
                                               : text.find('\n') != std::string_view::npos;
}

// Where it begins; npos: it has not come.
std::size_t body_of(std::string_view http) {
  constexpr std::string_view kEnd = "\r\n\r\n";
  const std::size_t end = http.find(kEnd);
  const bool has_come = end != std::string_view::npos && http.size() > end + kEnd.size();
  return has_come ? end + kEnd.size() : std::string_view::npos;
}

bool says_unready(std::string_view text) { return text.starts_with("HTTP/1.1 503"); }

// The first line tells all, but that /readyz says in its body why it is not ready.
bool is_page(std::string_view text) {
  return is_reply(text) && (!says_unready(text) || body_of(text) != std::string_view::npos);
}

Answer ask_in(Protocols protocol, const Target& target, const TlsOptions& options) {
  std::array<char, binary::kHeaderBytes> frame{};
  frame[0] = binary::kRequestMagic;
  frame[1] = static_cast<char>(binary::Opcode::kVersion);
  ServerConnection connection(target, options);
  connection.send(protocol == Protocols::kBinary ? std::string_view(frame.data(), frame.size())
                                                 : "version\r\n");
  const std::string text = connection.read_until(is_reply);
  return {.line = text.starts_with(binary::kReplyMagic) ? text : first_line(text),
          .wants_certificate = connection.wants_certificate()};
}

// A server with -B closes a connection in the other protocol without a word.
Answer ask_version(const Target& target, const TlsOptions& options) {
  const bool binary_first = target.protocols == Protocols::kBinary;
  Answer first = ask_in(binary_first ? Protocols::kBinary : Protocols::kText, target, options);
  if (!first.line.empty() || first.wants_certificate) return first;
  return ask_in(binary_first ? Protocols::kText : Protocols::kBinary, target, options);
}

// Before a login (-Y) this error is all that a healthy server says in text. In the binary protocol
// it tells its version.
bool is_healthy(std::string_view line) {
  return line.starts_with(binary::kReplyMagic) || line.starts_with("VERSION ") ||
         line.starts_with("CLIENT_ERROR unauthenticated");
}

Answer ask_ready(const Target& target, const TlsOptions& options) {
  ServerConnection connection(target, options);
  connection.send(fmt::format("GET /readyz HTTP/1.1\r\nHost: {}:{}\r\nConnection: close\r\n\r\n",
                              target.endpoint.host, target.endpoint.port));
  const std::string text = connection.read_until(is_page);
  const std::size_t body = says_unready(text) ? body_of(text) : std::string::npos;
  return {.line = first_line(text),
          .wants_certificate = connection.wants_certificate(),
          .why = body == std::string::npos ? "" : first_line(std::string_view(text).substr(body))};
}

// Throws SystemError with the reason if the server is not healthy. Otherwise returns a remark, or
// nothing.
std::string_view ask(const Target& target, const TlsOptions& options) {
  const Answer answer = target.http ? ask_ready(target, options) : ask_version(target, options);
  if (answer.wants_certificate) return " (it wants a client's certificate, and knows none of ours)";
  check_protocol(target, answer.line);
  const bool healthy =
      target.http ? answer.line.starts_with("HTTP/1.1 200") : is_healthy(answer.line);
  if (!healthy) throw SystemError(printable(answer.why.empty() ? answer.line : answer.why));
  return {};
}

Target target_of(int argc, char** argv, Options& options) {
  std::vector<char*> flags;
  std::string_view address;
  bool verify = true;
  for (int i = 0; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--no-verify") {
      verify = false;
    } else if (flags.size() == 1 && address.empty() && !word.starts_with('-')) {
      address = word;
    } else {
      flags.push_back(argv[i]);
    }
  }
  options = parse_options(static_cast<int>(flags.size()), flags.data(), environ);
  return address.empty() ? configured_target(options) : named_target(address, verify, options);
}

}  // namespace

int healthcheck(int argc, char** argv) {
  limit_time();
  ignore_broken_pipes();
  Options options;
  const Target target = target_of(argc, argv, options);
  if (options.show == Options::Show::kHelp) {
    fmt::print("{}", kUsage);
    return EXIT_SUCCESS;
  }
  expect_answer(target);
  std::string_view remark;
  try {
    remark = ask(target, options.tls);
  } catch (const SystemError& error) {
    fmt::print("unhealthy: {}: {}\n", target.text(), error.what());
    return EXIT_FAILURE;
  }
  fmt::print("healthy: {}{}\n", target.text(), remark);
  return EXIT_SUCCESS;
}

}  // namespace isocache
