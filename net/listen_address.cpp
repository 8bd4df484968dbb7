#include "net/listen_address.hpp"

#include <boost/asio/ip/address.hpp>
#include <charconv>

namespace prism::net {

expected<listen_address> parse_listen_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos)
    return fail(errc::invalid, "listen address '{}': no port; expected ADDRESS:PORT", text);
  std::string_view host = text.substr(0, colon);
  const std::string_view port_text = text.substr(colon + 1);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed)
    host = host.substr(1, host.size() - 2);

  boost::system::error_code ec;
  const auto address = boost::asio::ip::make_address(std::string(host), ec);
  if (ec || bracketed != address.is_v6())
    return fail(errc::invalid,
                "listen address '{}': '{}' is not a numeric IPv4 address or a bracketed IPv6 one",
                text, text.substr(0, colon));

  std::uint16_t port = 0;
  const auto* end = port_text.data() + port_text.size();
  const auto [rest, problem] = std::from_chars(port_text.data(), end, port);
  if (problem != std::errc{} || rest != end)
    return fail(errc::invalid, "listen address '{}': port '{}' is not in 0..65535", text,
                port_text);
  return listen_address{.address = std::string(host), .port = port};
}

std::string to_string(const listen_address& address) {
  const bool ipv6 = address.address.find(':') != std::string::npos;
  return ipv6 ? fmt::format("[{}]:{}", address.address, address.port)
              : fmt::format("{}:{}", address.address, address.port);
}

} // namespace prism::net
