#include "native/tls/tls_context.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509err.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "native/base/errors.h"
#include "native/base/file_descriptor.h"
#include "native/base/log.h"

namespace isocache {
namespace {

using Verify = TlsOptions::Verify;

// How many sessions of TLS 1.2 clients without tickets the server keeps. All other clients keep
// their own.
constexpr long kCachedSessions = 4096;

// The index under which a context keeps its counters.
int counters_slot() {
  static const int slot = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return slot;
}

// The first reason that OpenSSL gave; the others follow from it. Empties its queue of errors.
std::string take_reason() {
  const char* const reason = ERR_reason_error_string(ERR_peek_error());
  ERR_clear_error();
  return reason == nullptr ? "not understood" : reason;
}

// The same for a file with unexpected content. OpenSSL's words for that are hard to read: "no start
// line", "unsupported".
std::string take_reason_or(std::string_view not_that) {
  const unsigned long error = ERR_peek_error();
  const bool unknown = (ERR_GET_LIB(error) == ERR_LIB_PEM || ERR_GET_LIB(error) == ERR_LIB_ASN1 ||
                        ERR_GET_LIB(error) == ERR_LIB_OSSL_DECODER);
  std::string reason = take_reason();
  return unknown ? fmt::format("{} ({})", not_that, reason) : reason;
}

// The beginnings and separators of these messages are memcached's: scripts may look for them.
[[noreturn]] void fail(std::string_view what, const std::string& path, std::string_view why) {
  ERR_clear_error();
  throw UsageError(fmt::format("Error loading the {}: {} : {}", what, path, why));
}

// OpenSSL's own words for a missing file are hard to read.
void check_readable(std::string_view what, const std::string& path) {
  const auto failed = [&](int error) { fail(what, path, std::generic_category().message(error)); };
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) failed(errno);
  char byte = 0;
  if (::read(file.get(), &byte, 1) < 0) failed(errno);
}

void warn_unless_valid_now(const SSL_CTX* context, const std::string& path) {
  const X509* const certificate = SSL_CTX_get0_certificate(context);
  if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0) {
    log_line(fmt::format("the certificate in {} has expired", path), LogLevel::kWarning);
  }
  if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0) {
    log_line(fmt::format("the certificate in {} is not valid yet", path), LogLevel::kWarning);
  }
}

void load_chain(SSL_CTX* context, const TlsOptions& options) {
  constexpr std::string_view kWhat = "certificate chain";
  check_readable(kWhat, options.chain_cert);
  if (SSL_CTX_use_certificate_chain_file(context, options.chain_cert.c_str()) != 1) {
    fail(kWhat, options.chain_cert, take_reason_or("there is no certificate in it"));
  }
  warn_unless_valid_now(context, options.chain_cert);
}

// Nobody watches a server's terminal, so it cannot ask for a passphrase.
thread_local bool passphrase_wanted;
int refuse_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*user_data*/) {
  passphrase_wanted = true;
  return -1;
}

void load_key(SSL_CTX* context, const TlsOptions& options) {
  constexpr std::string_view kWhat = "key";
  const std::string& path = options.key.empty() ? options.chain_cert : options.key;
  check_readable(kWhat, path);
  passphrase_wanted = false;
  SSL_CTX_set_default_passwd_cb(context, refuse_passphrase);
  const int format = options.key_is_der ? SSL_FILETYPE_ASN1 : SSL_FILETYPE_PEM;
  const bool loaded = SSL_CTX_use_PrivateKey_file(context, path.c_str(), format) == 1;
  if (passphrase_wanted) fail(kWhat, path, "it is encrypted, and there is nobody to ask");
  const unsigned long error = ERR_peek_last_error();
  const bool other_key =
      ERR_GET_LIB(error) == ERR_LIB_X509 && (ERR_GET_REASON(error) == X509_R_KEY_VALUES_MISMATCH ||
                                             ERR_GET_REASON(error) == X509_R_KEY_TYPE_MISMATCH);
  if (!loaded && !other_key && options.key.empty()) {
    fail(kWhat, path, "there is no private key in it; -o ssl_key=<file> names its file");
  }
  if (!loaded && !other_key) {
    fail(kWhat, path,
         take_reason_or(options.key_is_der ? "there is no private key in it, in DER"
                                           : "there is no private key in it, in PEM"));
  }
  // If an RSA key is loaded beside an ECDSA certificate, it is useless.
  if (other_key || SSL_CTX_check_private_key(context) != 1) {
    fail(kWhat, path,
         fmt::format("it does not belong to the certificate in {}", options.chain_cert));
  }
}

int verify_bits(Verify verify) {
  switch (verify) {
    case Verify::kNone: return SSL_VERIFY_NONE;
    case Verify::kRequest: return SSL_VERIFY_PEER;
    case Verify::kRequire: return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
    case Verify::kOnce: break;
  }
  return SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT | SSL_VERIFY_CLIENT_ONCE;
}

void load_client_authorities(SSL_CTX* context, const TlsOptions& options) {
  constexpr std::string_view kWhat = "client CA certificate";
  SSL_CTX_set_verify(context, verify_bits(options.verify), nullptr);
  if (options.ca_cert.empty()) {
    if (options.verify == Verify::kNone) return;
    throw UsageError(
        "-o ssl_verify_mode: needs ssl_ca_cert, the authorities that sign clients' certificates");
  }
  check_readable(kWhat, options.ca_cert);
  STACK_OF(X509_NAME)* const names = SSL_load_client_CA_file(options.ca_cert.c_str());
  if (names == nullptr) {
    fail(kWhat, options.ca_cert, take_reason_or("there is no certificate in it"));
  }
  SSL_CTX_set_client_CA_list(context, names);
  if (SSL_CTX_load_verify_file(context, options.ca_cert.c_str()) != 1) {
    fail(kWhat, options.ca_cert, take_reason());
  }
}

void set_protocol(SSL_CTX* context, const TlsOptions& options) {
  constexpr std::array<int, 4> kVersions = {TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION,
                                            TLS1_3_VERSION};
  SSL_CTX_set_min_proto_version(context, kVersions[static_cast<std::size_t>(options.min_version)]);
  SSL_CTX_set_options(
      context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  if (options.ciphers.empty()) return;
  if (SSL_CTX_set_cipher_list(context, options.ciphers.c_str()) != 1) {
    ERR_clear_error();
    throw UsageError(fmt::format("Error setting the provided cipher(s): {}", options.ciphers));
  }
}

int count_session(SSL* connection, SSL_SESSION* /*session*/) {
  TlsContext::counters_of(SSL_get_SSL_CTX(connection)).new_sessions.fetch_add(1);
  return 0;  // the callback keeps no reference to the session
}

void set_sessions(SSL_CTX* context, const TlsOptions& options) {
  if (!options.session_cache) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(context, 0);
    return;
  }
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_SERVER);
  SSL_CTX_sess_set_cache_size(context, kCachedSessions);
  SSL_CTX_sess_set_new_cb(context, count_session);
  // OpenSSL needs a name for its sessions: without one it never resumes a session that verified a
  // client.
  constexpr std::string_view kOwner = "isocached";
  SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>(kOwner.data()),
                                 kOwner.size());
}

std::shared_ptr<SSL_CTX> make_context(const TlsOptions& options, TlsCounters& counters) {
  if (options.chain_cert.empty()) throw UsageError("-Z: needs -o ssl_chain_cert=<file>");
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  if (context == nullptr) throw SystemError("TLS: " + take_reason());
  SSL_CTX_set_ex_data(context.get(), counters_slot(), &counters);
  set_protocol(context.get(), options);
  set_sessions(context.get(), options);
  load_chain(context.get(), options);
  load_key(context.get(), options);
  load_client_authorities(context.get(), options);
  ERR_clear_error();
  return context;
}

// Without authorities it accepts no certificate.
std::shared_ptr<SSL_CTX> make_mutual_context(const TlsOptions& options, TlsCounters& counters) {
  std::shared_ptr<SSL_CTX> context = make_context(options, counters);
  SSL_CTX_set_verify(context.get(), verify_bits(std::max(options.verify, Verify::kRequire)),
                     nullptr);
  return context;
}

}  // namespace

TlsContext::TlsContext(const TlsOptions& options, UnixSeconds now_s, bool mutual)
    : options_(options),
      mutual_(mutual),
      context_(make_context(options_, counters_)),
      mutual_context_(mutual ? make_mutual_context(options_, counters_) : nullptr),
      loaded_at_s_(now_s) {}

TlsContext::~TlsContext() = default;

std::shared_ptr<SSL_CTX> TlsContext::current(bool mutual) const {
  return std::atomic_load(mutual ? &mutual_context_ : &context_);
}

const char* TlsContext::reload(UnixSeconds now_s) {
  thread_local std::string error;
  const std::lock_guard lock(reload_mutex_);
  try {
    std::shared_ptr<SSL_CTX> context = make_context(options_, counters_);
    std::shared_ptr<SSL_CTX> mutual = mutual_ ? make_mutual_context(options_, counters_) : nullptr;
    std::atomic_store(&context_, std::move(context));
    std::atomic_store(&mutual_context_, std::move(mutual));
    loaded_at_s_.store(now_s, std::memory_order_relaxed);
    return nullptr;
  } catch (const std::exception& failure) {
    error = failure.what();
    return error.c_str();
  }
}

TlsCounters& TlsContext::counters_of(const SSL_CTX* context) {
  return *static_cast<TlsCounters*>(SSL_CTX_get_ex_data(context, counters_slot()));
}

void show_tls(const TlsOptions& options, HostRegistry& registry) {
  constexpr std::array<std::string_view, 4> kVersions = {"tlsv1.0", "tlsv1.1", "tlsv1.2",
                                                         "tlsv1.3"};
  const auto text_or_null = [](const std::string& text) {
    return text.empty() ? std::string_view("NULL") : std::string_view(text);
  };
  registry.setting("ssl_enabled", "yes");
  registry.setting("ssl_chain_cert", text_or_null(options.chain_cert));
  registry.setting("ssl_key", text_or_null(options.key));
  registry.setting("ssl_verify_mode", static_cast<std::uint64_t>(verify_bits(options.verify)));
  registry.setting("ssl_keyformat", std::uint64_t{options.key_is_der ? unsigned{SSL_FILETYPE_ASN1}
                                                                     : unsigned{SSL_FILETYPE_PEM}});
  registry.setting("ssl_ciphers", text_or_null(options.ciphers));
  registry.setting("ssl_ca_cert", text_or_null(options.ca_cert));
  registry.setting("ssl_wbuf_size", options.write_buffer_bytes);
  registry.setting("ssl_session_cache", options.session_cache ? "yes" : "no");
  registry.setting("ssl_kernel_tls", "no");
  registry.setting("ssl_min_version", kVersions[static_cast<std::size_t>(options.min_version)]);
}

}  // namespace isocache
