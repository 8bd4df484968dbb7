#include "net/endpoint_url.hpp"

#include <boost/url/grammar/ci_string.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>
#include <boost/url/url_view.hpp>

namespace prism::net {

namespace {

namespace urls = boost::urls;

// What the URLs of one protocol have in common.
struct protocol {
  std::string_view label; // in error messages
  urls::scheme plain;
  urls::scheme secure;
  std::string_view default_path; // where the URL has none
};

constexpr protocol http{"URL", urls::scheme::http, urls::scheme::https, "/"};
constexpr protocol web_socket{"relay URL", urls::scheme::ws, urls::scheme::wss,
                              subscribe_repos_path};

std::string_view name_of(urls::scheme scheme) {
  return urls::to_string(scheme);
}

std::uint16_t default_port(bool tls) {
  return tls ? 443 : 80;
}

std::string host_of(const urls::url_view_base& url) {
  // Brackets belong to the URL's syntax; resolvers and certificates use the bare address.
  if (url.host_type() == urls::host_type::ipv6)
    return std::string(url.host_ipv6_address().to_string());
  std::string host(url.host());
  for (char& c : host)
    c = urls::grammar::to_lower(c);
  return host;
}

expected<endpoint_url> read(const urls::url_view_base& url, std::string_view text,
                            const protocol& protocol) {
  const auto scheme = url.scheme_id();
  if (scheme != protocol.plain && scheme != protocol.secure)
    return fail(errc::invalid, "{} '{}': scheme is '{}', expected {} or {}", protocol.label, text,
                std::string_view(url.scheme()), name_of(protocol.plain), name_of(protocol.secure));
  if (url.host().empty())
    return fail(errc::invalid, "{} '{}': no host", protocol.label, text);
  // The message does not quote the URL, which may contain a password.
  if (url.has_userinfo())
    return fail(errc::invalid, "{}: a user name or password is not supported", protocol.label);
  const bool has_port = url.has_port() && !url.port().empty();
  if (has_port && url.port_number() == 0)
    return fail(errc::invalid, "{} '{}': port is '{}', expected 1..65535", protocol.label, text,
                std::string_view(url.port()));
  const bool tls = scheme == protocol.secure;
  const std::string_view path = url.encoded_path();
  std::string target(path.empty() || path == "/" ? protocol.default_path : path);
  if (url.has_query())
    target.append("?").append(url.encoded_query());
  return endpoint_url{.scheme = std::string(name_of(scheme)),
                      .tls = tls,
                      .host = host_of(url),
                      .port = has_port ? url.port_number() : default_port(tls),
                      .target = std::move(target)};
}

tl::unexpected<error> not_a_url(std::string_view text, const protocol& protocol,
                                const boost::system::error_code& why) {
  return fail(errc::invalid, "{} '{}': not a URL ({}); expected {}://host[:port][/path]",
              protocol.label, text, why.message(), name_of(protocol.secure));
}

} // namespace

expected<endpoint_url> parse_ws_url(std::string_view text) {
  const auto parsed = urls::parse_uri(text);
  if (parsed.has_error())
    return not_a_url(text, web_socket, parsed.error());
  auto url = read(*parsed, text, web_socket);
  if (url && parsed->has_fragment())
    return fail(errc::invalid, "relay URL '{}': a fragment (#...) is not allowed", text);
  return url;
}

expected<endpoint_url> parse_http_url(std::string_view text) {
  const auto parsed = urls::parse_uri(text);
  if (parsed.has_error())
    return not_a_url(text, http, parsed.error());
  return read(*parsed, text, http);
}

expected<endpoint_url> follow_location(const endpoint_url& base, std::string_view location) {
  const std::string base_text =
      fmt::format("{}://{}{}", base.scheme, host_header(base), base.target);
  const auto base_url = urls::parse_uri(base_text);
  if (base_url.has_error())
    return not_a_url(base_text, http, base_url.error());
  const auto reference = urls::parse_uri_reference(location);
  if (reference.has_error())
    return not_a_url(location, http, reference.error());
  urls::url resolved;
  if (const auto result = urls::resolve(*base_url, *reference, resolved); result.has_error())
    return not_a_url(location, http, result.error());
  auto target = read(resolved, location, http);
  if (target && base.tls && !target->tls)
    return fail(errc::invalid, "redirect from https to '{}'", location);
  return target;
}

std::string subscribe_target(const endpoint_url& url, std::optional<std::int64_t> cursor) {
  if (!cursor)
    return url.target;
  const char separator = url.target.find('?') == std::string::npos ? '?' : '&';
  return fmt::format("{}{}cursor={}", url.target, separator, *cursor);
}

std::string host_header(const endpoint_url& url) {
  const bool ipv6 = url.host.find(':') != std::string::npos;
  const std::string host = ipv6 ? fmt::format("[{}]", url.host) : url.host;
  return url.port == default_port(url.tls) ? host : fmt::format("{}:{}", host, url.port);
}

std::string to_string(const endpoint_url& url) {
  return fmt::format("{}://{}{}", url.scheme, host_header(url),
                     url.target.substr(0, url.target.find('?')));
}

} // namespace prism::net
