#include "net/url.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

namespace prism::net {

namespace {

namespace urls = boost::urls;

constexpr std::uint16_t ws_port = 80;
constexpr std::uint16_t wss_port = 443;

std::uint16_t default_port(bool tls) {
  return tls ? wss_port : ws_port;
}

std::string host_of(const urls::url_view& url) {
  // Brackets belong to the URL's syntax; resolvers and certificates know the bare address.
  if (url.host_type() == urls::host_type::ipv6)
    return std::string(url.host_ipv6_address().to_string());
  return std::string(url.host());
}

std::string target_of(const urls::url_view& url) {
  const std::string path(url.encoded_path());
  std::string target(path.empty() || path == "/" ? subscribe_repos_path : path);
  if (url.has_query())
    target.append("?").append(url.encoded_query());
  return target;
}

} // namespace

expected<ws_url> parse_ws_url(std::string_view text) {
  const auto parsed = urls::parse_uri(text);
  if (parsed.has_error())
    return fail(errc::invalid, "relay URL '{}': not a URL ({}); expected wss://host[:port][/path]",
                text, parsed.error().message());
  const urls::url_view& url = *parsed;
  if (url.scheme() != "ws" && url.scheme() != "wss")
    return fail(errc::invalid, "relay URL '{}': scheme is '{}', expected ws or wss", text,
                std::string_view(url.scheme()));
  if (url.host().empty())
    return fail(errc::invalid, "relay URL '{}': no host", text);
  if (url.has_userinfo())
    return fail(errc::invalid, "relay URL: user name or password in it is not supported");
  if (url.has_fragment())
    return fail(errc::invalid, "relay URL '{}': a fragment (#...) is not allowed", text);
  const bool has_port = url.has_port() && !url.port().empty();
  if (has_port && url.port_number() == 0)
    return fail(errc::invalid, "relay URL '{}': port is '{}', expected 1..65535", text,
                std::string_view(url.port()));
  const bool tls = url.scheme() == "wss";
  return ws_url{.tls = tls,
                .host = host_of(url),
                .port = has_port ? url.port_number() : default_port(tls),
                .target = target_of(url)};
}

std::string subscribe_target(const ws_url& url, std::optional<std::int64_t> cursor) {
  if (!cursor)
    return url.target;
  const char separator = url.target.find('?') == std::string::npos ? '?' : '&';
  return fmt::format("{}{}cursor={}", url.target, separator, *cursor);
}

std::string host_header(const ws_url& url) {
  const bool ipv6 = url.host.find(':') != std::string::npos;
  const std::string host = ipv6 ? fmt::format("[{}]", url.host) : url.host;
  return url.port == default_port(url.tls) ? host : fmt::format("{}:{}", host, url.port);
}

} // namespace prism::net
