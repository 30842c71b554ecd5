#include "native/monitor/line_client.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <system_error>

#include "native/base/errors.h"
#include "native/base/file_descriptor.h"

namespace isocache {
namespace {

constexpr std::size_t kMostAtOnce = 1U << 20;
constexpr std::size_t kLongestLine = 8192;  // what a server of ours sends is shorter

// Lines are shown in a terminal, which would obey such bytes.
bool is_no_text(char byte) {
  const bool ends_line = byte == '\r' || byte == '\n';
  return !ends_line && (byte < ' ' || byte > '~');
}

// What OpenSSL says of the failure, in words; empty if it says nothing.
std::string reason() {
  const char* detail = nullptr;
  int flags = 0;
  const unsigned long code = ERR_get_error_all(nullptr, nullptr, nullptr, &detail, &flags);
  if (code == 0) return {};
  const int number = ERR_GET_REASON(code);
  if (ERR_SYSTEM_ERROR(code)) return std::generic_category().message(number);
  // The resolver's words.
  if (number == ERR_R_SYS_LIB && (flags & ERR_TXT_STRING) != 0 && *detail != '\0') return detail;
  const char* const text = ERR_reason_error_string(code);
  std::string result = text == nullptr ? "a failure of OpenSSL" : text;
  if (ERR_GET_LIB(code) != ERR_LIB_SSL) return result;
  if (number == SSL_R_CERTIFICATE_VERIFY_FAILED) result += "; see --ca and --no-verify";
  if (number == SSL_R_WRONG_VERSION_NUMBER) result += ": the server does not speak TLS";
  return result;
}

[[noreturn]] void fail(std::string_view what) {
  const std::string why = reason();
  throw SystemError(why.empty() ? std::string(what) : fmt::format("{}: {}", what, why));
}

std::string host_of(const std::string& address) {
  const std::string host = address.substr(0, address.rfind(':'));
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  return bracketed ? host.substr(1, host.size() - 2) : host;
}

}  // namespace

void LineClient::Free::operator()(BIO* bio) const { BIO_free_all(bio); }
void LineClient::Free::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }

LineClient::LineClient(const MonitorTarget& target) : address_(target.address) {
  open(target);
  const int flags = ::fcntl(fd(), F_GETFL);
  ::fcntl(fd(), F_SETFL, flags | O_NONBLOCK);
  if (target.login.empty()) return;
  send(fmt::format("set login 0 0 {}\r\n{}\r\n", target.login.size(), target.login));
  const std::string reply = wait_for_line(soon());
  if (reply != "STORED") throw SystemError(fmt::format("{}: {}", target.address, reply));
}

LineClient::~LineClient() = default;

void LineClient::open(const MonitorTarget& target) {
  if (target.address.starts_with('/')) return open_unix(target.address);
  if (!target.tls) {
    bio_.reset(BIO_new_connect(target.address.c_str()));
  } else {
    context_.reset(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_default_verify_paths(context_.get());
    if (!target.ca_file.empty() &&
        SSL_CTX_load_verify_locations(context_.get(), target.ca_file.c_str(), nullptr) != 1) {
      fail(target.ca_file);
    }
    SSL_CTX_set_verify(context_.get(), target.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
    bio_.reset(BIO_new_ssl_connect(context_.get()));
    SSL* tls = nullptr;
    BIO_get_ssl(bio_.get(), &tls);
    std::string host = host_of(target.address);
    SSL_ctrl(tls, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host.data());
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), host.c_str()) != 1) {
      SSL_set1_host(tls, host.c_str());
    }
    BIO_set_conn_hostname(bio_.get(), target.address.c_str());
  }
  if (bio_ == nullptr) fail(target.address);
  connect();
}

// With the handshake, if there is one.
void LineClient::connect() const {
  BIO_set_nbio(bio_.get(), 1);
  const Time::time_point end = soon();
  while (BIO_do_connect(bio_.get()) != 1) {
    if (!BIO_should_retry(bio_.get())) fail(address_);
    wait(end, BIO_should_read(bio_.get()) != 0 ? POLLIN : POLLOUT);
  }
}

void LineClient::open_unix(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) throw SystemError(path + ": too long");
  std::memcpy(address.sun_path, path.data(), path.size());
  FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket ||
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    throw_errno(path);
  }
  bio_.reset(BIO_new_socket(socket.release(), BIO_CLOSE));
}

int LineClient::fd() const { return static_cast<int>(BIO_get_fd(bio_.get(), nullptr)); }

void LineClient::send(std::string_view text) {
  const Time::time_point end = soon();
  while (!text.empty()) {
    const int sent = BIO_write(bio_.get(), text.data(), static_cast<int>(text.size()));
    if (sent > 0) {
      text.remove_prefix(static_cast<std::size_t>(sent));
    } else if (!BIO_should_retry(bio_.get())) {
      receive();
      fail_at_end();
    } else {
      wait(end, BIO_should_read(bio_.get()) != 0 ? POLLIN : POLLOUT);
    }
  }
}

bool LineClient::receive() {
  input_.erase(0, taken_);
  taken_ = 0;
  const auto before = static_cast<std::ptrdiff_t>(input_.size());
  const bool open = read_ahead();
  std::replace_if(input_.begin() + before, input_.end(), is_no_text, '?');
  return open;
}

bool LineClient::read_ahead() {
  std::array<char, 1U << 16> bytes;
  while (input_.size() < kMostAtOnce) {
    const int count = BIO_read(bio_.get(), bytes.data(), static_cast<int>(bytes.size()));
    if (count <= 0) return BIO_should_retry(bio_.get()) != 0;
    input_.append(bytes.data(), static_cast<std::size_t>(count));
  }
  return true;
}

bool LineClient::next_line(std::string_view* line) {
  const std::size_t end = input_.find('\n', taken_);
  if (std::min(end, input_.size()) - taken_ > kLongestLine) {
    throw SystemError("the server sends a line without an end");
  }
  if (end == std::string::npos) return false;
  const bool has_return = end > taken_ && input_[end - 1] == '\r';
  *line = std::string_view(input_).substr(taken_, end - taken_ - (has_return ? 1 : 0));
  taken_ = end + 1;
  return true;
}

std::string LineClient::wait_for_line(Time::time_point end) {
  std::string_view line;
  while (!next_line(&line)) {
    const bool open = receive();
    if (next_line(&line)) break;
    if (!open) fail_at_end();
    wait(end, POLLIN);
  }
  return std::string(line);
}

// A server that turns a client away may say why before it closes.
void LineClient::fail_at_end() {
  std::string_view line;
  if (next_line(&line)) {
    throw SystemError(
        fmt::format("{}: {} (and the server has ended the connection)", address_, line));
  }
  throw SystemError(address_ +
                    ": the server has ended the connection (top speaks memcached's text protocol, "
                    "not HTTP, and not to a port of -B binary; tls:// if the port has TLS)");
}

// However little comes at a time, the end does not move.
void LineClient::wait(Time::time_point end, short events) const {
  pollfd ready{.fd = fd(), .events = events, .revents = 0};
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Time::now()).count();
  if (left <= 0 || ::poll(&ready, 1, static_cast<int>(left)) == 0) {
    throw SystemError(address_ + ": the server does not answer");
  }
}

}  // namespace isocache
