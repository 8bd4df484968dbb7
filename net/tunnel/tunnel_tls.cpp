#include "net/tunnel/tunnel_tls.hpp"

#include "net/certificates/certificate_file.hpp"

#include <boost/asio/ssl/context.hpp>
#include <utility>

namespace prism::net {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

namespace {

// A chain of certificates is a few kB.
constexpr long max_chain_bytes = 16 * 1024;

expected<void> restrict(ssl::context& context) {
  SSL_CTX* const native = context.native_handle();
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_max_cert_list(native, max_chain_bytes);
  SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
  if (SSL_CTX_set_min_proto_version(native, TLS1_3_VERSION) != 1 ||
      SSL_CTX_set_max_proto_version(native, TLS1_3_VERSION) != 1 ||
      SSL_CTX_set_num_tickets(native, 0) != 1)
    return fail(errc::fatal, "TLS 1.3 cannot be set up: {}", take_openssl_error());
  context.set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
  return {};
}

expected<void> load(ssl::context& context, const tunnel_files& files) {
  error_code ec;
  // Read by us first, for errors that name the file's problem.
  if (const auto ca = read_certificate(files.ca); !ca)
    return tl::unexpected(ca.error());
  context.load_verify_file(files.ca, ec);
  if (ec)
    return fail(errc::io, "CA certificate '{}': {}", files.ca, ec.message());
  if (const auto own = read_certificate(files.certificate); !own)
    return tl::unexpected(own.error());
  context.use_certificate_chain_file(files.certificate, ec);
  if (ec)
    return fail(errc::io, "certificate '{}': {}", files.certificate, ec.message());
  const auto key = read_key(files.key);
  if (!key)
    return tl::unexpected(key.error());
  if (SSL_CTX_use_PrivateKey(context.native_handle(), key->get()) != 1)
    return fail(errc::invalid, "private key '{}' is not that of certificate '{}'", files.key,
                files.certificate);
  if (files.crl.empty())
    return {};
  const auto crls = read_crls(files.crl);
  if (!crls)
    return tl::unexpected(crls.error());
  X509_STORE* const store = SSL_CTX_get_cert_store(context.native_handle());
  for (const auto& each : *crls)
    if (X509_STORE_add_crl(store, each.get()) != 1)
      return fail(errc::io, "revocation list '{}': {}", files.crl, take_openssl_error());
  X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
  return {};
}

// X509_V_OK, or what is wrong.
int verify(ssl::context& context, X509* certificate, STACK_OF(X509) * chain, const char* purpose) {
  const openssl_ptr<X509_STORE_CTX> check(X509_STORE_CTX_new());
  X509_STORE* const store = SSL_CTX_get_cert_store(context.native_handle());
  if (!check || X509_STORE_CTX_init(check.get(), store, certificate, chain) != 1 ||
      X509_STORE_CTX_set_default(check.get(), purpose) != 1)
    return X509_V_ERR_OUT_OF_MEM;
  if (X509_verify_cert(check.get()) == 1)
    return X509_V_OK;
  const int why = X509_STORE_CTX_get_error(check.get());
  return why == X509_V_OK ? X509_V_ERR_UNSPECIFIED : why;
}

expected<tunnel_tls> make(ssl::context::method method, const tunnel_files& files,
                          const char* purpose) {
  tunnel_tls out{.context = std::make_shared<ssl::context>(method), .own = {}};
  if (auto ready = restrict(*out.context); !ready)
    return tl::unexpected(ready.error());
  if (auto loaded = load(*out.context, files); !loaded)
    return tl::unexpected(loaded.error());
  auto own = identify_file(files.certificate);
  if (!own)
    return tl::unexpected(own.error());
  out.own = std::move(*own);
  SSL_CTX* const native = out.context->native_handle();
  STACK_OF(X509)* chain = nullptr;
  SSL_CTX_get0_chain_certs(native, &chain);
  if (const int why = verify(*out.context, SSL_CTX_get0_certificate(native), chain, purpose);
      why != X509_V_OK)
    return fail(errc::invalid, "certificate '{}' cannot be used with '{}'{}: {}", files.certificate,
                files.ca, files.crl.empty() ? "" : fmt::format(" and '{}'", files.crl),
                X509_verify_cert_error_string(why));
  return out;
}

} // namespace

expected<tunnel_tls> make_tunnel_server_tls(const tunnel_files& files) {
  auto out = make(ssl::context::tls_server, files, "ssl_server");
  if (out && out->own.role != certificate_role::node)
    return fail(errc::invalid, "certificate '{}' has the role {}, a node needs the role node",
                files.certificate, to_string(out->own.role));
  return out;
}

expected<tunnel_tls> make_tunnel_client_tls(const tunnel_files& files) {
  return make(ssl::context::tls_client, files, "ssl_client");
}

std::optional<tunnel_refusal> refusal_now(ssl::context& context, X509* certificate,
                                          STACK_OF(X509) * chain) {
  const int why = verify(context, certificate, chain, "ssl_client");
  if (why == X509_V_OK)
    return std::nullopt;
  return refusal_of(why);
}

tunnel_refusal refusal_of(long verify_result) noexcept {
  switch (verify_result) {
  case X509_V_ERR_CERT_HAS_EXPIRED:
    return tunnel_refusal::expired;
  case X509_V_ERR_CERT_NOT_YET_VALID:
    return tunnel_refusal::not_yet_valid;
  case X509_V_ERR_CERT_REVOKED:
    return tunnel_refusal::revoked;
  case X509_V_ERR_APPLICATION_VERIFICATION:
    return tunnel_refusal::bad_role;
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
  case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
  case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
  case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
  case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
  case X509_V_ERR_CERT_SIGNATURE_FAILURE:
  case X509_V_ERR_CERT_UNTRUSTED:
    return tunnel_refusal::unknown_ca;
  default:
    return tunnel_refusal::bad_certificate;
  }
}

bool peer_verifier::check(bool preverified, X509_STORE_CTX* context) {
  const X509* const leaf = X509_STORE_CTX_get0_cert(context);
  if (leaf == nullptr)
    return preverified;
  name_ = common_name(leaf);
  if (!preverified || X509_STORE_CTX_get_error_depth(context) != 0)
    return preverified;
  const auto identity = identify(leaf);
  if (!identity)
    problem_ = identity.error().message;
  else if (only_ && identity->role != *only_)
    problem_ = fmt::format("its role is {}, not {}", to_string(identity->role), to_string(*only_));
  if (problem_.empty())
    return true;
  X509_STORE_CTX_set_error(context, X509_V_ERR_APPLICATION_VERIFICATION);
  return false;
}

} // namespace prism::net
