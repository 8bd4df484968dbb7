#include "net/link/link_address.hpp"

#include "net/certificates/certificate_maker.hpp"

#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <openssl/x509v3.h>

namespace prism::net {

expected<link_address> parse_link_address(std::string_view text) {
  const auto colon = text.rfind(':');
  auto host = text.substr(0, colon);
  const auto port_text = colon == std::string_view::npos ? "" : text.substr(colon + 1);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed)
    host = host.substr(1, host.size() - 2);
  std::uint16_t port = 0;
  const auto* const end = port_text.data() + port_text.size();
  const auto [rest, problem] = std::from_chars(port_text.data(), end, port);
  if (!is_host(host) || problem != std::errc{} || rest != end || port == 0 ||
      bracketed != (host.find(':') != std::string_view::npos))
    return fail(errc::invalid, "'{}' is no address of the form HOST:PORT", text);
  return link_address{.host = std::string(host), .port = port};
}

bool carries_host(X509* certificate, const std::string& host) {
  boost::system::error_code not_an_address;
  static_cast<void>(boost::asio::ip::make_address(host, not_an_address));
  if (!not_an_address)
    return X509_check_ip_asc(certificate, host.c_str(), 0) == 1;
  return X509_check_host(certificate, host.c_str(), host.size(), 0, nullptr) == 1;
}

} // namespace prism::net
