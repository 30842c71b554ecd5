// How the server treats certificates, keys and ciphers.
#include "native/tls/tls_context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <string>

#include "native/base/errors.h"
#include "tls_certificates.h"

namespace isocache {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class TlsContextTest : public testing::Test {
 protected:
  TlsContextTest() {
    options_.enabled = true;
    options_.chain_cert = folder_.write("chain.pem", server_.certificate_pem());
    options_.key = folder_.write("key.pem", server_.key_pem());
  }
  // The reason of the refusal; empty if the options are accepted.
  std::string refusal() const {
    try {
      const TlsContext context(options_, 1000);
    } catch (const UsageError& error) {
      EXPECT_EQ(ERR_peek_error(), 0U);  // an error left behind would be taken for a connection's
      return error.what();
    }
    return "";
  }

  TestFolder folder_;
  TestCertificate server_{"server"};
  TlsOptions options_;
};

std::string subject(SSL_CTX* context) {
  char* const name =
      X509_NAME_oneline(X509_get_subject_name(SSL_CTX_get0_certificate(context)), nullptr, 0);
  std::string text = name;
  OPENSSL_free(name);
  return text;
}

TEST_F(TlsContextTest, AListenerMayAskForCertificatesByItself) {
  const TlsContext plain(options_, 1000);
  EXPECT_EQ(SSL_CTX_get_verify_mode(plain.current().get()), SSL_VERIFY_NONE);
  EXPECT_EQ(plain.current(true), nullptr);
  TlsContext both(options_, 1000, true);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(SSL_CTX_get_verify_mode(both.current().get()), SSL_VERIFY_NONE);
    EXPECT_EQ(SSL_CTX_get_verify_mode(both.current(true).get()),
              SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT);
    EXPECT_EQ(both.reload(1000), nullptr);
  }
}

TEST_F(TlsContextTest, TakesAllFormsOfKeys) {
  EXPECT_EQ(refusal(), "");
  options_.key = folder_.write("key.der", server_.key_der());
  options_.key_is_der = true;
  EXPECT_EQ(refusal(), "");
  options_.key = "";
  options_.key_is_der = false;
  options_.chain_cert = folder_.write("both.pem", server_.certificate_pem() + server_.key_pem());
  EXPECT_EQ(refusal(), "");
}

TEST_F(TlsContextTest, LoadsTheWholeChain) {
  const TestCertificate root("root");
  const TestCertificate leaf("leaf", &root);
  options_.chain_cert = folder_.write("chain.pem", leaf.certificate_pem() + root.certificate_pem());
  options_.key = folder_.write("key.pem", leaf.key_pem());
  TlsContext context(options_, 1000);
  STACK_OF(X509)* chain = nullptr;
  SSL_CTX_get0_chain_certs(context.current().get(), &chain);
  EXPECT_EQ(sk_X509_num(chain), 1);
  EXPECT_EQ(subject(context.current().get()), "/CN=leaf");
}

TEST_F(TlsContextTest, SaysWhichCertificateAndWhy) {
  options_.chain_cert = "";
  EXPECT_EQ(refusal(), "-Z: needs -o ssl_chain_cert=<file>");
  options_.chain_cert = folder_.file("nowhere.pem");
  EXPECT_EQ(refusal(), "Error loading the certificate chain: " + options_.chain_cert +
                           " : No such file or directory");
  options_.chain_cert = folder_.file("");
  EXPECT_THAT(refusal(), HasSubstr(" : Is a directory"));
  options_.chain_cert = folder_.write("text.pem", "not a certificate\n");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("certificate chain: " + options_.chain_cert),
                               HasSubstr("there is no certificate in it (no start line)")));
}

TEST_F(TlsContextTest, SaysWhatIsWrongWithTheKey) {
  options_.key = folder_.file("nowhere.pem");
  EXPECT_EQ(refusal(), "Error loading the key: " + options_.key + " : No such file or directory");
  options_.key = folder_.write("encrypted.pem", server_.key_pem("secret"));
  EXPECT_THAT(refusal(), AllOf(HasSubstr(options_.key), HasSubstr("encrypted")));
  options_.key = folder_.write("other.pem", TestCertificate("other").key_pem());
  EXPECT_THAT(refusal(), AllOf(HasSubstr(options_.key), HasSubstr("does not belong"),
                               HasSubstr(options_.chain_cert)));
  options_.key = folder_.write("text.pem", "not a key\n");
  EXPECT_THAT(refusal(), HasSubstr("Error loading the key: " + options_.key + " : "));
  options_.key = "";  // there is no key beside the certificate
  EXPECT_EQ(refusal(), "Error loading the key: " + options_.chain_cert +
                           " : there is no private key in it; -o ssl_key=<file> names its file");
  options_.key = folder_.file("key.pem");
  options_.key_is_der = true;
  EXPECT_THAT(refusal(), HasSubstr("Error loading the key: "));
}

TEST_F(TlsContextTest, NeedsToKnowWhoSignsClients) {
  for (const auto verify :
       {TlsOptions::Verify::kRequest, TlsOptions::Verify::kRequire, TlsOptions::Verify::kOnce}) {
    options_.verify = verify;
    options_.ca_cert = "";
    EXPECT_THAT(refusal(), HasSubstr("ssl_ca_cert"));
    options_.ca_cert = folder_.file("nowhere.pem");
    EXPECT_EQ(refusal(), "Error loading the client CA certificate: " + options_.ca_cert +
                             " : No such file or directory");
    options_.ca_cert = folder_.write("text.pem", "nothing\n");
    EXPECT_THAT(refusal(), HasSubstr("client CA certificate: " + options_.ca_cert + " : "));
    options_.ca_cert = options_.chain_cert;
    EXPECT_EQ(refusal(), "");
  }
  const TlsContext context(options_, 1000);
  EXPECT_EQ(SSL_CTX_get_verify_mode(context.current().get()),
            SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT | SSL_VERIFY_CLIENT_ONCE);
}

TEST_F(TlsContextTest, CiphersAndVersions) {
  options_.ciphers = "NO-SUCH-CIPHER";
  EXPECT_EQ(refusal(), "Error setting the provided cipher(s): NO-SUCH-CIPHER");
  options_.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256";
  options_.min_version = TlsOptions::Version::k1_3;
  const TlsContext context(options_, 1000);
  SSL_CTX* const ctx = context.current().get();
  EXPECT_EQ(SSL_CTX_get_min_proto_version(ctx), TLS1_3_VERSION);
  EXPECT_STREQ(SSL_CIPHER_get_name(sk_SSL_CIPHER_value(
                   SSL_CTX_get_ciphers(ctx), sk_SSL_CIPHER_num(SSL_CTX_get_ciphers(ctx)) - 1)),
               "ECDHE-ECDSA-AES128-GCM-SHA256");
  const auto wanted = SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                      SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_TICKET;
  EXPECT_EQ(SSL_CTX_get_options(ctx) & wanted, wanted);
  options_.min_version = TlsOptions::Version::k1_2;
  EXPECT_EQ(SSL_CTX_get_min_proto_version(TlsContext(options_, 1000).current().get()),
            TLS1_2_VERSION);
}

TEST_F(TlsContextTest, WarnsOfACertificateThatHasExpired) {
  const TestCertificate old("old", nullptr, -60);
  options_.chain_cert = folder_.write("chain.pem", old.certificate_pem());
  options_.key = folder_.write("key.pem", old.key_pem());
  testing::internal::CaptureStderr();
  EXPECT_EQ(refusal(), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "warning: the certificate in " + options_.chain_cert + " has expired\n");
}

TEST_F(TlsContextTest, ReloadsAndKeepsWhatWasIfItCannot) {
  TlsContext context(options_, 1000);
  const auto before = context.current();
  EXPECT_EQ(&TlsContext::counters_of(before.get()), &context.counters());
  const TestCertificate next("next");
  folder_.write("chain.pem", next.certificate_pem());
  // The key is still that of the old certificate.
  EXPECT_THAT(context.reload(2000), HasSubstr("does not belong"));
  EXPECT_EQ(context.current(), before);
  EXPECT_EQ(context.loaded_at_s(), 1000U);
  folder_.write("key.pem", next.key_pem());
  EXPECT_EQ(context.reload(3000), nullptr);
  EXPECT_EQ(context.loaded_at_s(), 3000U);
  EXPECT_EQ(subject(before.get()), "/CN=server");
  EXPECT_EQ(subject(context.current().get()), "/CN=next");
}

}  // namespace
}  // namespace isocache
