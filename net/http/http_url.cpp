#include "net/http/http_url.hpp"

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

namespace prism::net {

namespace {

namespace urls = boost::urls;

constexpr std::uint16_t http_port = 80;
constexpr std::uint16_t https_port = 443;

std::uint16_t default_port(bool tls) {
  return tls ? https_port : http_port;
}

std::string host_of(const urls::url_view& url) {
  if (url.host_type() == urls::host_type::ipv6)
    return std::string(url.host_ipv6_address().to_string());
  std::string host(url.host());
  std::ranges::transform(host, host.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
  return host;
}

expected<http_url> take_apart(const urls::url_view& url, std::string_view text) {
  const auto scheme = url.scheme_id();
  if (scheme != urls::scheme::http && scheme != urls::scheme::https)
    return fail(errc::invalid, "URL '{}': scheme is '{}', expected http or https", text,
                std::string_view(url.scheme()));
  if (url.host().empty())
    return fail(errc::invalid, "URL '{}': no host", text);
  if (url.has_userinfo())
    return fail(errc::invalid, "URL: user name or password in it is not supported");
  const bool has_port = url.has_port() && !url.port().empty();
  if (has_port && url.port_number() == 0)
    return fail(errc::invalid, "URL '{}': port is '{}', expected 1..65535", text,
                std::string_view(url.port()));
  const bool tls = scheme == urls::scheme::https;
  const std::string_view path = url.encoded_path();
  std::string target(path.empty() ? std::string_view{"/"} : path);
  if (url.has_query())
    target.append("?").append(url.encoded_query());
  return http_url{.tls = tls,
                  .host = host_of(url),
                  .port = has_port ? url.port_number() : default_port(tls),
                  .target = std::move(target)};
}

} // namespace

expected<http_url> parse_http_url(std::string_view text) {
  const auto parsed = urls::parse_uri(text);
  if (parsed.has_error())
    return fail(errc::invalid, "'{}' is not a URL ({}); expected https://host[:port][/path]", text,
                parsed.error().message());
  return take_apart(*parsed, text);
}

// Dot segments are left to the server; nobody redirects with them.
expected<http_url> follow_location(const http_url& base, std::string_view location) {
  const std::string_view scheme = base.tls ? "https:" : "http:";
  std::string whole;
  const auto end_of_scheme = location.find("://");
  if (end_of_scheme != std::string_view::npos && end_of_scheme < location.find_first_of("/?#"))
    whole = location;
  else if (location.starts_with("//"))
    whole = fmt::format("{}{}", scheme, location);
  else if (location.starts_with('/'))
    whole = fmt::format("{}//{}{}", scheme, host_header(base), location);
  else {
    const auto path = std::string_view{base.target}.substr(0, base.target.find('?'));
    whole = fmt::format("{}//{}{}{}", scheme, host_header(base),
                        path.substr(0, path.rfind('/') + 1), location);
  }
  auto target = parse_http_url(whole);
  if (target && base.tls && !target->tls)
    return fail(errc::invalid, "redirected from https to '{}'", location);
  return target;
}

std::string host_header(const http_url& url) {
  const bool ipv6 = url.host.find(':') != std::string::npos;
  const std::string host = ipv6 ? fmt::format("[{}]", url.host) : url.host;
  return url.port == default_port(url.tls) ? host : fmt::format("{}:{}", host, url.port);
}

std::string to_string(const http_url& url) {
  return fmt::format("{}://{}{}", url.tls ? "https" : "http", host_header(url),
                     url.target.substr(0, url.target.find('?')));
}

} // namespace prism::net
