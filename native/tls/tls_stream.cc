#include "native/tls/tls_stream.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "native/base/errors.h"
#include "native/tls/tls_context.h"

namespace isocache {
namespace {

// The most bytes of a record besides its plaintext: header, nonce, tag, padding (RFC 5246, section
// 6.2.3).
constexpr std::size_t kRecordOverheadBytes = 2048 + 5;

// A fatal alert, protocol_version (RFC 8446, section 6), for a client that does not speak TLS.
// OpenSSL would close without a word.
constexpr std::string_view kNotTlsAlert{"\x15\x03\x01\x00\x02\x02\x46", 7};

struct Sent {
  Sender::Result result;
  std::size_t bytes;
};

Sent send_bytes(int socket, std::string_view bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t sent = ::send(socket, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
    if (sent >= 0) {
      done += static_cast<std::size_t>(sent);
    } else if (errno == EAGAIN) {
      return {Sender::Result::kBlocked, done};
    } else if (errno != EINTR) {
      return {Sender::Result::kFailed, done};
    }
  }
  return {Sender::Result::kSent, done};
}

// Returns true if the client's first bytes are not a TLS record.
bool is_not_tls(unsigned long code) {
  if (ERR_GET_LIB(code) != ERR_LIB_SSL) return false;
  const int reason = ERR_GET_REASON(code);
  return reason == SSL_R_HTTP_REQUEST || reason == SSL_R_HTTPS_PROXY_REQUEST ||
         reason == SSL_R_WRONG_VERSION_NUMBER;
}

// If there are no errors, this avoids a look at OpenSSL's 16 places for them.
void forget_errors() {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

int bio_type() {
  static const int type = BIO_get_new_index() | BIO_TYPE_SOURCE_SINK;  // OpenSSL has 128 of these
  return type;
}

long bio_control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) noexcept {
  return command == BIO_CTRL_FLUSH ? 1 : 0;  // OpenSSL asks for nothing else
}

}  // namespace

// A turn decrypts at most the bytes that it received, and the end of a record whose beginning
// OpenSSL kept.
TlsBuffers::TlsBuffers(std::size_t received_bytes)
    : plaintext_bytes_(received_bytes + kRecordBytes),
      plaintext_(std::make_unique_for_overwrite<char[]>(plaintext_bytes_)),
      method_(BIO_meth_new(bio_type(), "worker's buffers")),
      bio_(nullptr) {
  if (method_ == nullptr) throw SystemError("TLS: out of memory");
  BIO_meth_set_read(method_, bio_read);
  BIO_meth_set_write(method_, bio_write);
  BIO_meth_set_ctrl(method_, bio_control);
  bio_ = BIO_new(method_);
  if (bio_ == nullptr) throw SystemError("TLS: out of memory");
  BIO_set_init(bio_, 1);
  BIO_set_data(bio_, this);
  ciphertext_.reserve(kCiphertextBytes + kRecordBytes + kRecordOverheadBytes);
}

TlsBuffers::~TlsBuffers() {
  BIO_free(bio_);
  BIO_meth_free(method_);
}

int TlsBuffers::bio_read(BIO* bio, char* to, int size) noexcept {
  TlsBuffers& buffers = *static_cast<TlsBuffers*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (buffers.received_.empty()) {
    BIO_set_retry_read(bio);
    return -1;
  }
  const std::size_t bytes = std::min(static_cast<std::size_t>(size), buffers.received_.size());
  std::memcpy(to, buffers.received_.data(), bytes);
  buffers.received_.remove_prefix(bytes);
  return static_cast<int>(bytes);
}

int TlsBuffers::bio_write(BIO* bio, const char* from, int size) noexcept {
  TlsBuffers& buffers = *static_cast<TlsBuffers*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  buffers.ciphertext_.append(from, static_cast<std::size_t>(size));
  return size;
}

void TlsStream::FreeSsl::operator()(SSL* ssl) const { SSL_free(ssl); }

TlsStream::TlsStream(SSL_CTX& context, int socket, TlsBuffers& buffers)
    : ssl_(SSL_new(&context)), buffers_(buffers), socket_(socket) {
  if (ssl_ == nullptr) {
    ERR_clear_error();
    throw SystemError("TLS: out of memory");
  }
  BIO_up_ref(buffers.bio_);
  SSL_set_bio(ssl_.get(), buffers.bio_, buffers.bio_);
  SSL_set_accept_state(ssl_.get());
  messages_.watch(ssl_.get());
}

TlsStream::~TlsStream() {
  if (!said_goodbye_) end();
}

std::string TlsStream::end() {
  said_goodbye_ = true;
  if (established_ && !failed()) SSL_shutdown(ssl_.get());
  if (has_ciphertext()) flush();
  ERR_clear_error();
  return std::exchange(unsent_, {});
}

void TlsStream::put(std::string_view ciphertext) {
  buffers_.received_ = ciphertext;
  messages_.reset();
}

std::size_t TlsStream::read(std::span<char> to) {
  if (!has_more()) return 0;
  forget_errors();  // OpenSSL would take errors of earlier calls for this call's
  std::size_t bytes = 0;
  const int result = SSL_read_ex(ssl_.get(), to.data(), to.size(), &bytes);
  if (!established_) established_ = SSL_is_init_finished(ssl_.get()) == 1;
  if (result == 1) return bytes;
  note_error(result);
  return 0;
}

std::string_view TlsStream::read_rest() {
  std::size_t all = 0;
  while (all < buffers_.plaintext_bytes_) {
    const std::size_t bytes =
        read({buffers_.plaintext_.get() + all, buffers_.plaintext_bytes_ - all});
    if (bytes == 0) break;
    all += bytes;
  }
  return {buffers_.plaintext_.get(), all};
}

// The end of the input can be seen without asking OpenSSL, which takes long to report it.
bool TlsStream::has_more() const {
  return !buffers_.received_.empty() || SSL_has_pending(ssl_.get()) == 1;
}

bool TlsStream::in_record() const { return established_ && SSL_has_pending(ssl_.get()) == 1; }

void TlsStream::note_error(int result) {
  const int error = SSL_get_error(ssl_.get(), result);
  if (error == SSL_ERROR_WANT_READ) return;
  buffers_.received_ = {};
  if (error == SSL_ERROR_ZERO_RETURN && !messages_.exceeded()) {
    ended_ = true;
    return;
  }
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  if (!established_ && is_not_tls(code)) buffers_.ciphertext_ = kNotTlsAlert;
  const char* const reason = ERR_reason_error_string(code);
  failure_ = reason == nullptr ? "broken" : reason;
  if (messages_.exceeded()) failure_ = "too many handshake messages";
  count_failure();
}

void TlsStream::count_failure() {
  TlsCounters& counters = TlsContext::counters_of(SSL_get_SSL_CTX(ssl_.get()));
  (established_ ? counters.protocol_errors : counters.handshake_errors).fetch_add(1);
}

void TlsStream::give_up() {
  failure_ = "it took too long";
  count_failure();
}

Sender::Result TlsStream::send(const Output& output, Sender& sender) {
  if (!unsent_.empty()) {
    const Sender::Result result = flush();
    if (result != Sender::Result::kSent) return result;
  }
  const std::size_t share_ends = sender.sent_bytes() + TlsBuffers::kTurnBytes;
  for (;;) {
    if (sender.sent_bytes() < output.size()) encrypt(output, sender);
    if (failed()) return Sender::Result::kFailed;
    const Sender::Result result = flush();
    if (result != Sender::Result::kSent || sender.sent_bytes() == output.size()) return result;
    if (sender.sent_bytes() >= share_ends) return Sender::Result::kMore;
  }
}

// Encrypts in records that are full, except the last. Short spans are put together first.
void TlsStream::encrypt(const Output& output, Sender& sender) {
  constexpr std::size_t kRecordBytes = TlsBuffers::kRecordBytes;
  char* const record = buffers_.plaintext_.get();
  std::size_t record_bytes = 0;
  std::size_t skip = sender.sent_bytes();
  std::size_t left = output.size() - skip;
  const auto write = [&](std::string_view plaintext) {
    encrypt_record(plaintext);
    sender.advance(plaintext.size());
  };
  output.for_each_span([&](std::string_view span) {
    const std::size_t skipped = std::min(skip, span.size());
    skip -= skipped;
    span.remove_prefix(skipped);
    while (!span.empty() && buffers_.ciphertext_.size() < TlsBuffers::kCiphertextBytes) {
      const std::size_t bytes = std::min(span.size(), kRecordBytes - record_bytes);
      if (bytes == kRecordBytes || (record_bytes == 0 && bytes == left)) {
        write(span.substr(0, bytes));
      } else {
        std::memcpy(record + record_bytes, span.data(), bytes);
        record_bytes += bytes;
        if (record_bytes == kRecordBytes || bytes == left) {
          write({record, record_bytes});
          record_bytes = 0;
        }
      }
      span.remove_prefix(bytes);
      left -= bytes;
    }
  });
}

void TlsStream::encrypt_record(std::string_view plaintext) {
  if (failed()) return;
  forget_errors();
  const int result = SSL_write(ssl_.get(), plaintext.data(), static_cast<int>(plaintext.size()));
  if (result <= 0) note_error(result);
}

Sender::Result TlsStream::flush() {
  std::string& fresh = buffers_.ciphertext_;
  if (!unsent_.empty()) unsent_.append(fresh);
  const std::string_view bytes = unsent_.empty() ? fresh : unsent_;
  const Sent sent = send_bytes(socket_, bytes);
  // Returns a string of its own, so that the buffers keep no capacity.
  if (!unsent_.empty() || sent.bytes < bytes.size())
    unsent_ = std::string(bytes.substr(sent.bytes));
  fresh.clear();
  return sent.result;
}

}  // namespace isocache
