#include "net/certificates/certificate_file.hpp"

#include "core/errno_text.hpp"

#include <cerrno>
#include <openssl/err.h>
#include <openssl/pem.h>

namespace prism::net {

namespace {

expected<openssl_ptr<BIO>> open(std::string_view what, const std::string& path) {
  ERR_clear_error();
  errno = 0;
  openssl_ptr<BIO> file(BIO_new_file(path.c_str(), "r"));
  if (file)
    return file;
  const int reason = errno;
  ERR_clear_error();
  return fail(reason == ENOENT ? errc::not_found : errc::io, "cannot read {} '{}': {}", what, path,
              errno_text(reason));
}

// Never asks for a password at the terminal.
int no_password(char*, int, int, void*) {
  return 0;
}

template <class Write>
expected<std::string> pem_of(Write write) {
  ERR_clear_error();
  const openssl_ptr<BIO> memory(BIO_new(BIO_s_mem()));
  if (!memory || write(memory.get()) != 1)
    return fail(errc::fatal, "cannot write PEM: {}", take_openssl_error());
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return std::string(text, static_cast<std::size_t>(size));
}

} // namespace

expected<openssl_ptr<X509>> read_certificate(const std::string& path) {
  const auto file = open("certificate", path);
  if (!file)
    return tl::unexpected(file.error());
  openssl_ptr<X509> out(PEM_read_bio_X509(file->get(), nullptr, no_password, nullptr));
  if (!out)
    return fail(errc::io, "certificate '{}': {}", path, take_openssl_error());
  return out;
}

expected<openssl_ptr<EVP_PKEY>> read_key(const std::string& path) {
  const auto file = open("private key", path);
  if (!file)
    return tl::unexpected(file.error());
  openssl_ptr<EVP_PKEY> out(PEM_read_bio_PrivateKey(file->get(), nullptr, no_password, nullptr));
  if (!out)
    return fail(errc::io, "private key '{}': {}", path, take_openssl_error());
  return out;
}

expected<std::vector<openssl_ptr<X509_CRL>>> read_crls(const std::string& path) {
  const auto file = open("revocation list", path);
  if (!file)
    return tl::unexpected(file.error());
  std::vector<openssl_ptr<X509_CRL>> out;
  while (auto* const crl = PEM_read_bio_X509_CRL(file->get(), nullptr, no_password, nullptr))
    out.emplace_back(crl);
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (out.empty() || !at_end)
    return fail(errc::io, "revocation list '{}': {}", path, take_openssl_error());
  ERR_clear_error();
  return out;
}

expected<std::string> to_pem(X509* certificate) {
  return pem_of([&](BIO* out) { return PEM_write_bio_X509(out, certificate); });
}

expected<std::string> to_pem(EVP_PKEY* key) {
  return pem_of([&](BIO* out) {
    return PEM_write_bio_PKCS8PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
}

expected<std::string> to_pem(X509_CRL* crl) {
  return pem_of([&](BIO* out) { return PEM_write_bio_X509_CRL(out, crl); });
}

} // namespace prism::net
