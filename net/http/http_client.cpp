#include "net/http/http_client.hpp"

#include "net/http/http_exchange.hpp"

#include <algorithm>

namespace prism::net {

namespace asio = boost::asio;

namespace {

[[nodiscard]] bool is_redirect(unsigned status) noexcept {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// Whether the status indicates that the host fails.
[[nodiscard]] bool is_breakdown(unsigned status) noexcept {
  return status >= 500 || status == 429;
}

[[nodiscard]] host_limiter::result check_response(const expected<http_exchange::reply>& result) {
  if (result)
    return is_breakdown(result->answer.status) ? host_limiter::result::failed
                                               : host_limiter::result::answered;
  switch (result.error().code) {
  case errc::timeout:
  case errc::io:
    return host_limiter::result::failed;
  case errc::cancelled:
  case errc::transient:
    return host_limiter::result::abandoned;
  default:
    return host_limiter::result::answered;
  }
}

[[nodiscard]] std::string_view text_of(host_limiter::admission admission) noexcept {
  switch (admission) {
  case host_limiter::admission::busy:
    return "has too many concurrent requests";
  case host_limiter::admission::rate:
    return "has reached its request rate";
  default:
    return "has not answered lately";
  }
}

// Configured hosts have no rate or concurrency limit, but a circuit breaker.
[[nodiscard]] host_limiter_options circuits_only(host_limiter_options options) {
  options.max_in_flight = SIZE_MAX;
  options.rate = options.burst = 1e12;
  return options;
}

} // namespace

http_client::http_client(asio::io_context& context, dns_resolver& dns, tls_context tls,
                         http_client_options options)
    : context_(context), dns_(dns), tls_(std::move(tls)), options_(std::move(options)),
      limiter_(options_.limits), trusted_limiter_(circuits_only(options_.limits)) {}

http_client::~http_client() = default;

asio::awaitable<expected<http_answer>> http_client::get(http_fetch fetch) {
  if (stopping_)
    co_return fail(errc::cancelled, "stopped");
  if (in_flight_ >= options_.max_in_flight)
    co_return count(fail(errc::transient, "{} requests are in flight already", in_flight_));
  ++in_flight_;
  auto result = co_await follow(std::move(fetch));
  --in_flight_;
  co_return count(std::move(result));
}

asio::awaitable<expected<http_answer>> http_client::follow(http_fetch fetch) {
  const auto deadline = steady_clock::now() + options_.timeout;
  auto url = parse_http_url(fetch.url);
  bool trusted = fetch.trusted;
  for (unsigned hops = 0; url; ++hops) {
    if (!url->tls && !trusted && !options_.allow_private)
      co_return fail(errc::invalid, "'{}' is not https", to_string(*url));
    auto& limiter = trusted ? trusted_limiter_ : limiter_;
    const auto host = host_header(*url);
    const auto admission = limiter.enter(host, steady_clock::now());
    if (admission != host_limiter::admission::admitted)
      co_return fail(errc::transient, "'{}' {}", host, text_of(admission));
    auto exchange =
        std::make_unique<http_exchange>(*this, *url, fetch.max_bytes, trusted, deadline);
    auto result = co_await exchange->run();
    limiter.leave(host, check_response(result), steady_clock::now());
    if (!result)
      co_return tl::unexpected(result.error());
    if (is_breakdown(result->answer.status))
      co_return fail(errc::io, "{}: HTTP status {}", to_string(*url), result->answer.status);
    if (!is_redirect(result->answer.status) || result->location.empty())
      co_return std::move(result->answer);
    if (hops == fetch.max_redirects)
      co_return fail(errc::invalid, "{}: more than {} redirects", to_string(*url),
                     fetch.max_redirects);
    exchange.reset(); // it refers to the URL
    url = follow_location(*url, result->location);
    trusted = false;
  }
  co_return tl::unexpected(url.error());
}

expected<http_answer> http_client::count(expected<http_answer> result) {
  if (result) {
    ++stats_.answered;
    return result;
  }
  switch (result.error().code) {
  case errc::timeout:
    ++stats_.timed_out;
    [[fallthrough]];
  case errc::io:
  case errc::not_found:
    ++stats_.failed;
    break;
  case errc::transient:
    ++stats_.held_back;
    break;
  case errc::cancelled:
    break;
  default:
    ++stats_.refused;
  }
  return result;
}

void http_client::stop() {
  stopping_ = true;
  for (auto* exchange : exchanges_)
    exchange->cancel();
}

} // namespace prism::net
