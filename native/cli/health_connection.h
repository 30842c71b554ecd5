// A blocking connection to the server that `isocached healthcheck` asks.
#pragma once

#include <openssl/types.h>

#include <memory>
#include <string>
#include <string_view>

#include "native/base/file_descriptor.h"
#include "native/config/options.h"
#include "native/net/listener.h"

namespace isocache {

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
  std::string text() const;  // as the user would write it
};

// Begins a limit of 2 s, behind which the process says what is missing, and ends. It covers
// everything that may be slow, including the lookup of a name.
void limit_time();
// What is missing from now on: an answer of this server.
void expect_answer(const Target& target);

// Throws SystemError.
class ServerConnection {
 public:
  ServerConnection(const Target& target, const TlsOptions& options);
  ~ServerConnection();

  // The server is alive, but it refuses clients without a certificate that it knows.
  bool wants_certificate() const { return wants_certificate_; }

  void send(std::string_view bytes);
  // Reads until `is_whole` likes the text, or until the server closes.
  std::string read_until(bool (*is_whole)(std::string_view text));

 private:
  struct Free {
    void operator()(SSL_CTX* context) const;
    void operator()(SSL* tls) const;
  };
  void begin_tls(const Target& target, const TlsOptions& options);
  void show_certificate(const TlsOptions& options);
  void note_certificate_alert();

  FileDescriptor socket_;
  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<SSL, Free> ssl_;
  bool wants_certificate_ = false;
};

}  // namespace isocache
