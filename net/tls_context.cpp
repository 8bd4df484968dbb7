#include "net/tls_context.hpp"

#include <boost/asio/ssl/context.hpp>

namespace prism::net {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

namespace {

tls_context make_context(ssl::context::method method) {
  auto context = std::make_shared<ssl::context>(method);
  context->set_options(ssl::context::default_workarounds | ssl::context::no_tlsv1 |
                       ssl::context::no_tlsv1_1);
  return context;
}

} // namespace

expected<tls_context> make_client_tls(const std::string& extra_ca_file) {
  auto context = make_context(ssl::context::tls_client);
  error_code ec;
  context->set_default_verify_paths(ec);
  if (ec)
    return fail(errc::io, "cannot load the system's certificate authorities: {}", ec.message());
  if (!extra_ca_file.empty()) {
    context->load_verify_file(extra_ca_file, ec);
    if (ec)
      return fail(errc::io, "CA file '{}': {}", extra_ca_file, ec.message());
  }
  context->set_verify_mode(ssl::verify_peer, ec);
  if (ec)
    return fail(errc::io, "cannot enable certificate verification: {}", ec.message());
  return context;
}

expected<tls_context> make_server_tls(const std::string& certificate_file,
                                      const std::string& key_file) {
  auto context = make_context(ssl::context::tls_server);
  error_code ec;
  context->use_certificate_chain_file(certificate_file, ec);
  if (ec)
    return fail(errc::io, "certificate file '{}': {}", certificate_file, ec.message());
  context->use_private_key_file(key_file, ssl::context::pem, ec);
  if (ec)
    return fail(errc::io, "key file '{}': {}", key_file, ec.message());
  return context;
}

} // namespace prism::net
