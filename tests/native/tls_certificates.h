// Certificates for tests, in a folder that is deleted together with this object.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/types.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

namespace isocache {

class TestFolder {
 public:
  TestFolder() {
    std::string pattern = std::filesystem::temp_directory_path() / "isocached-tls-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  std::string file(const std::string& name) const { return path_ / name; }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(file(name), std::ios::binary) << text;
    return file(name);
  }

 private:
  std::filesystem::path path_;
};

// A key, and a certificate for it: self-signed, or signed by another certificate.
class TestCertificate {
 public:
  explicit TestCertificate(const std::string& name, const TestCertificate* signer = nullptr,
                           long valid_s = 3600)
      : key_(EVP_EC_gen("P-256"), EVP_PKEY_free), certificate_(X509_new(), X509_free) {
    static long serial = 0;
    X509* const certificate = certificate_.get();
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -7200);
    X509_gmtime_adj(X509_getm_notAfter(certificate), valid_s);
    X509_set_pubkey(certificate, key_.get());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    const TestCertificate& by = signer == nullptr ? *this : *signer;
    X509_set_issuer_name(certificate, X509_get_subject_name(by.certificate_.get()));
    X509_sign(certificate, by.key_.get(), EVP_sha256());
  }

  std::string certificate_pem() const {
    return to_text([&](BIO* bio) { return PEM_write_bio_X509(bio, certificate_.get()); });
  }
  // The key is encrypted if there is a passphrase.
  std::string key_pem(const std::string& passphrase = "") const {
    return to_text([&](BIO* bio) {
      return PEM_write_bio_PrivateKey(bio, key_.get(),
                                      passphrase.empty() ? nullptr : EVP_aes_128_cbc(),
                                      reinterpret_cast<const unsigned char*>(passphrase.data()),
                                      static_cast<int>(passphrase.size()), nullptr, nullptr);
    });
  }
  std::string key_der() const {
    return to_text([&](BIO* bio) { return i2d_PrivateKey_bio(bio, key_.get()); });
  }

 private:
  template <typename Write>
  static std::string to_text(Write&& write) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
    if (write(bio.get()) != 1) return {};
    char* text = nullptr;
    const long bytes = BIO_get_mem_data(bio.get(), &text);
    return {text, static_cast<std::size_t>(bytes)};
  }

  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
  std::unique_ptr<X509, decltype(&X509_free)> certificate_;
};

}  // namespace isocache
