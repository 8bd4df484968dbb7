#pragma once

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string>

namespace prism::net::test {

/// A directory that is removed after the test.
class temporary_directory {
public:
  temporary_directory() {
    std::string name = (std::filesystem::temp_directory_path() / "prism-net-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;
  ~temporary_directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  [[nodiscard]] std::string file(const std::string& name) const { return path_ / name; }

private:
  std::filesystem::path path_;
};

namespace detail {

struct releaser {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
  void operator()(std::FILE* file) const { std::fclose(file); }
};

using key_ptr = std::unique_ptr<EVP_PKEY, releaser>;
using certificate_ptr = std::unique_ptr<X509, releaser>;
using file_ptr = std::unique_ptr<std::FILE, releaser>;

inline void extend(X509* certificate, X509* issuer, int what, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const std::unique_ptr<X509_EXTENSION, releaser> extension(
      X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str()));
  REQUIRE(extension);
  REQUIRE(X509_add_ext(certificate, extension.get(), -1) == 1);
}

// Named as issued by `issuer`, or by itself without one; not signed yet; valid from an hour ago for
// a day.
inline certificate_ptr make_certificate(const std::string& name, EVP_PKEY* key, X509* issuer,
                                        long serial) {
  certificate_ptr certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 86400);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509* const signer = issuer != nullptr ? issuer : certificate.get();
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(signer));
  return certificate;
}

inline void sign(X509* certificate, EVP_PKEY* key) {
  REQUIRE(X509_sign(certificate, key, EVP_sha256()) > 0);
}

} // namespace detail

/// A certificate authority for one test, with server certificates, as PEM files.
class certificate_authority {
public:
  explicit certificate_authority(const temporary_directory& where, const std::string& name)
      : where_(where), name_(name), key_(EVP_EC_gen("P-256")),
        certificate_(detail::make_certificate(name, key_.get(), nullptr, 1)) {
    detail::extend(certificate_.get(), certificate_.get(), NID_basic_constraints,
                   "critical,CA:TRUE");
    detail::sign(certificate_.get(), key_.get());
    const detail::file_ptr file(std::fopen(this->file().c_str(), "w"));
    REQUIRE(PEM_write_X509(file.get(), certificate_.get()) == 1);
  }

  /// Its own certificate.
  [[nodiscard]] std::string file() const { return where_.file(name_ + ".ca.pem"); }

  struct files {
    std::string certificate;
    std::string key;
  };

  /// A server's certificate. @param subject for example "DNS:localhost" or "IP:127.0.0.1".
  [[nodiscard]] files issue(const std::string& subject) {
    const detail::key_ptr key(EVP_EC_gen("P-256"));
    const auto certificate =
        detail::make_certificate("server", key.get(), certificate_.get(), ++serial_);
    detail::extend(certificate.get(), certificate_.get(), NID_subject_alt_name, subject);
    detail::sign(certificate.get(), key_.get());
    const auto stem = name_ + std::to_string(serial_);
    files result{.certificate = where_.file(stem + ".pem"), .key = where_.file(stem + ".key")};
    const detail::file_ptr certificate_file(std::fopen(result.certificate.c_str(), "w"));
    REQUIRE(PEM_write_X509(certificate_file.get(), certificate.get()) == 1);
    const detail::file_ptr key_file(std::fopen(result.key.c_str(), "w"));
    REQUIRE(PEM_write_PrivateKey(key_file.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                 nullptr) == 1);
    return result;
  }

private:
  const temporary_directory& where_;
  std::string name_;
  detail::key_ptr key_;
  detail::certificate_ptr certificate_;
  long serial_{1};
};

} // namespace prism::net::test
