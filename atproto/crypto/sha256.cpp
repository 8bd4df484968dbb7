#include "atproto/crypto/sha256.hpp"

#include "log/log.hpp"

#include <exception>
#include <memory>
#include <openssl/evp.h>

namespace prism::atproto {
namespace {

struct openssl_delete {
  void operator()(EVP_MD* method) const noexcept { EVP_MD_free(method); }
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};

[[noreturn]] void no_sha256() noexcept {
  log::prismd().critical("OpenSSL cannot compute SHA-256");
  std::terminate();
}

// OpenSSL 3 searches its providers on every digest unless the method is fetched beforehand, which
// costs more than hashing a small block.
const EVP_MD* method() noexcept {
  static const std::unique_ptr<EVP_MD, openssl_delete> instance{
      EVP_MD_fetch(nullptr, "SHA256", nullptr)};
  return instance.get();
}

EVP_MD_CTX* context() noexcept {
  thread_local const std::unique_ptr<EVP_MD_CTX, openssl_delete> instance{EVP_MD_CTX_new()};
  return instance.get();
}

} // namespace

sha256_digest sha256(std::span<const std::byte> data) noexcept {
  sha256_digest digest{};
  auto* const state = context();
  if (state == nullptr || method() == nullptr ||
      EVP_DigestInit_ex2(state, method(), nullptr) != 1 ||
      EVP_DigestUpdate(state, data.data(), data.size()) != 1 ||
      EVP_DigestFinal_ex(state, reinterpret_cast<unsigned char*>(digest.data()), nullptr) != 1)
    no_sha256();
  return digest;
}

} // namespace prism::atproto
