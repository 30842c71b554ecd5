#include "native/cli/health_connection.h"

#include <fmt/format.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "native/base/errors.h"

namespace isocache {
namespace {

constexpr unsigned kLimit_s = 2;

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

// From now on the message has the address. Its text stays: the alarm may come at any time.
void expect_soon(const Target& target, std::string_view missing) {
  static std::vector<std::unique_ptr<const std::string>> texts;
  texts.push_back(std::make_unique<const std::string>(
      fmt::format("unhealthy: {}: {}\n", target.text(), missing)));
  too_late = texts.back()->c_str();
}

}  // namespace

std::string Target::text() const {
  if (!unix_path.empty()) return unix_path;
  const bool v6 = endpoint.host.find(':') != std::string::npos;
  return fmt::format("{}{}{}{}:{}", http ? (tls ? "https://" : "http://") : (tls ? "tls://" : ""),
                     v6 ? "[" : "", endpoint.host, v6 ? "]" : "", endpoint.port);
}

void expect_answer(const Target& target) { expect_soon(target, "no answer within 2 s"); }

void limit_time() {
  std::signal(SIGALRM, [](int) {
    const char* const text = too_late;
    [[maybe_unused]] const auto written = ::write(STDOUT_FILENO, text, std::strlen(text));
    ::_exit(EXIT_FAILURE);
  });
  ::alarm(kLimit_s);
}

void ServerConnection::Free::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
void ServerConnection::Free::operator()(SSL* tls) const { SSL_free(tls); }

ServerConnection::ServerConnection(const Target& target, const TlsOptions& options)
    : socket_(connect_to(target)) {
  if (target.tls) begin_tls(target, options);
}

ServerConnection::~ServerConnection() = default;

void ServerConnection::send(std::string_view bytes) {
  if (wants_certificate_) return;
  const auto sent = ssl_ ? SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()))
                         : ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(bytes.size())) throw SystemError("connection closed");
}

std::string ServerConnection::read_until(bool (*is_whole)(std::string_view text)) {
  constexpr std::size_t kMostBytes = 1024;
  std::string text;
  std::array<char, 512> buffer;
  ERR_clear_error();
  while (!is_whole(text) && text.size() < kMostBytes) {
    const auto count = ssl_ ? SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()))
                            : ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (count <= 0) {
      note_certificate_alert();
      break;
    }
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return text;
}

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
  expect_soon(target, "no TLS handshake within 2 s; is it without TLS?");
  if (SSL_connect(ssl_.get()) == 1) return expect_answer(target);
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

}  // namespace isocache
