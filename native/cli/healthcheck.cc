#include "native/cli/healthcheck.h"

#include <fmt/format.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "native/base/errors.h"
#include "native/base/file_descriptor.h"
#include "native/base/log.h"
#include "native/cli/parse_options.h"
#include "native/net/listener_set.h"
#include "native/process/process.h"
#include "protocol/binary/frame.h"
#include "session/protocols.h"

namespace isocache {
namespace {

constexpr unsigned kLimit_s = 2;
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

struct Target {
  Endpoint endpoint;
  std::string unix_path;  // if it is not empty, it is used instead
  bool http = false;
  bool tls = false;
  bool verify = false;
  Protocols protocols = Protocols::kAny;  // memcached's, if it is not http

  // The same place, in another protocol.
  Target with(bool over_http, bool over_tls) const {
    Target other = *this;
    other.http = over_http;
    other.tls = over_tls;
    return other;
  }
  std::string text() const {
    if (!unix_path.empty()) return unix_path;
    const bool v6 = endpoint.host.find(':') != std::string::npos;
    return fmt::format("{}{}{}{}:{}", http ? (tls ? "https://" : "http://") : (tls ? "tls://" : ""),
                       v6 ? "[" : "", endpoint.host, v6 ? "]" : "", endpoint.port);
  }
};

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
  if (target.http) address = address.substr(0, address.find('/'));
  const bool port_only = address.find_first_not_of("0123456789") == std::string_view::npos;
  const std::string text = fmt::format("{}{}", port_only ? "127.0.0.1:" : "", address);
  target.endpoint = parse_endpoint(text, target.http ? (target.tls ? 443 : 80) : options.port);
  return target;
}

FileDescriptor connect_to(int family, const sockaddr* address, socklen_t length) {
  FileDescriptor socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket || ::connect(socket.get(), address, length) != 0) return {};
  return socket;
}

FileDescriptor connect_to(const Target& target) {
  FileDescriptor socket;
  if (!target.unix_path.empty()) {
    check_unix_path(target.unix_path);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, target.unix_path.data(), target.unix_path.size());
    socket = connect_to(AF_UNIX, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  } else {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int error = ::getaddrinfo(target.endpoint.host.c_str(),
                                    std::to_string(target.endpoint.port).c_str(), &hints, &found);
    if (error != 0) throw SystemError(gai_strerror(error));
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);
    for (const addrinfo* info = found; info != nullptr && !socket; info = info->ai_next) {
      socket = connect_to(info->ai_family, info->ai_addr, info->ai_addrlen);
    }
  }
  if (!socket) throw_errno("cannot connect");
  return socket;
}

// The message for everything that may be slow, including the lookup of a name.
std::atomic<const char*> too_late = "unhealthy: no answer within 2 s\n";

void limit_time() {
  std::signal(SIGALRM, [](int) {
    const char* const text = too_late;
    [[maybe_unused]] const auto written = ::write(STDOUT_FILENO, text, std::strlen(text));
    ::_exit(EXIT_FAILURE);
  });
  ::alarm(kLimit_s);
}

// A blocking connection. An alarm limits its time in all.
class ServerConnection {
 public:
  ServerConnection(const Target& target, const TlsOptions& options) : socket_(connect_to(target)) {
    if (target.tls) begin_tls(target, options);
  }

  // The server is alive, but it refuses clients without a certificate that it knows.
  bool wants_certificate() const { return wants_certificate_; }

  void send(std::string_view bytes) {
    if (wants_certificate_) return;
    const auto sent = ssl_ ? SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()))
                           : ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent != static_cast<ssize_t>(bytes.size())) throw SystemError("connection closed");
  }

  // Reads the first line, or everything if the server closes before its end. Of the binary
  // protocol's reply it is all that arrives together.
  std::string read_line() {
    constexpr std::size_t kLongestLine = 1024;
    std::string line;
    std::array<char, 512> buffer;
    ERR_clear_error();
    while (!is_whole(line) && line.size() < kLongestLine) {
      const auto count = ssl_ ? SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()))
                              : ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
      if (count <= 0) {
        note_certificate_alert();
        break;
      }
      line.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return line.starts_with(binary::kReplyMagic) ? line
                                                 : line.substr(0, line.find_first_of("\r\n"));
  }

 private:
  template <auto kFree>
  struct Free {
    template <typename T>
    void operator()(T* object) const {
      kFree(object);
    }
  };

  static bool is_whole(std::string_view line) {
    return line.starts_with(binary::kReplyMagic) ? line.size() >= binary::kHeaderBytes
                                                 : line.find('\n') != std::string_view::npos;
  }
  void begin_tls(const Target& target, const TlsOptions& options);
  void show_certificate(const TlsOptions& options);
  void note_certificate_alert();

  FileDescriptor socket_;
  std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>> context_;
  std::unique_ptr<SSL, Free<SSL_free>> ssl_;
  bool wants_certificate_ = false;
};

void ServerConnection::begin_tls(const Target& target, const TlsOptions& options) {
  context_.reset(SSL_CTX_new(TLS_client_method()));
  if (options.verify != TlsOptions::Verify::kNone) show_certificate(options);
  if (target.verify) {
    SSL_CTX_set_default_verify_paths(context_.get());
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    if (!options.ca_cert.empty() &&
        SSL_CTX_load_verify_file(context_.get(), options.ca_cert.c_str()) != 1) {
      throw SystemError(fmt::format("cannot read {}", options.ca_cert));
    }
  }
  ssl_.reset(SSL_new(context_.get()));
  SSL_set_fd(ssl_.get(), socket_.get());
  std::string host = target.endpoint.host;
  X509_VERIFY_PARAM* const checks = SSL_get0_param(ssl_.get());
  if (X509_VERIFY_PARAM_set1_ip_asc(checks, host.c_str()) != 1) {  // not an address, so a host name
    SSL_set1_host(ssl_.get(), host.c_str());
    SSL_ctrl(ssl_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host.data());
  }
  too_late = "unhealthy: no TLS handshake within 2 s; is it without TLS?\n";
  if (SSL_connect(ssl_.get()) == 1) return;
  note_certificate_alert();
  if (wants_certificate_) return;
  if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_WRONG_VERSION_NUMBER) {
    throw SystemError(
        fmt::format("it does not speak TLS; try {}", target.with(target.http, false).text()));
  }
  const long verdict = SSL_get_verify_result(ssl_.get());
  throw SystemError(
      fmt::format("TLS handshake failed{}{}", verdict == X509_V_OK ? "" : ": ",
                  verdict == X509_V_OK ? "" : X509_verify_cert_error_string(verdict)));
}

// Looks at OpenSSL's last error: the server rejected our certificate, or missed one. In TLS 1.3
// this comes after the handshake.
void ServerConnection::note_certificate_alert() {
  switch (ERR_GET_REASON(ERR_peek_error())) {
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN: wants_certificate_ = ssl_ != nullptr; break;
    default: break;
  }
}

// A server that asks for clients' certificates may accept its own. No other certificate is at hand.
void ServerConnection::show_certificate(const TlsOptions& options) {
  const std::string& key = options.key.empty() ? options.chain_cert : options.key;
  SSL_CTX_use_certificate_chain_file(context_.get(), options.chain_cert.c_str());
  SSL_CTX_use_PrivateKey_file(context_.get(), key.c_str(),
                              options.key_is_der ? SSL_FILETYPE_ASN1 : SSL_FILETYPE_PEM);
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
};

Answer ask_in(Protocols protocol, const Target& target, const TlsOptions& options) {
  std::array<char, binary::kHeaderBytes> frame{};
  frame[0] = binary::kRequestMagic;
  frame[1] = static_cast<char>(binary::Opcode::kVersion);
  ServerConnection connection(target, options);
  connection.send(protocol == Protocols::kBinary ? std::string_view(frame.data(), frame.size())
                                                 : "version\r\n");
  const std::string line = connection.read_line();
  return {line, connection.wants_certificate()};
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
  const std::string line = connection.read_line();
  return {line, connection.wants_certificate()};
}

// Throws SystemError with the reason if the server is not healthy. Otherwise returns a remark, or
// nothing.
std::string_view ask(const Target& target, const TlsOptions& options) {
  const Answer answer = target.http ? ask_ready(target, options) : ask_version(target, options);
  if (answer.wants_certificate) return " (it wants a client's certificate, and knows none of ours)";
  check_protocol(target, answer.line);
  const bool healthy =
      target.http ? answer.line.starts_with("HTTP/1.1 200") : is_healthy(answer.line);
  if (!healthy) throw SystemError(printable(answer.line));
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
