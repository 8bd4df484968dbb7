#include "net/http/http_session.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>

namespace prism::net {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::beast::error_code;

namespace {

constexpr auto use_result = asio::as_tuple(asio::use_awaitable);

constexpr unsigned http_1_1 = 11;
// Time for a client that is still sending to read the response.
constexpr std::chrono::seconds linger_time{2};
constexpr std::size_t linger_bytes = std::size_t{1} << 20;

// The response to a request that could not be read; none if the client has disconnected.
std::optional<http_response> refusal(const error_code& ec) {
  if (ec == http::error::header_limit)
    return http_response{.status = 431, .body = "the headers are too large\n"};
  if (ec == http::error::body_limit)
    return http_response{.status = 413, .body = "the body is too large\n"};
  if (ec == http::error::end_of_stream || ec == http::error::partial_message)
    return std::nullopt;
  if (ec.category() == http::make_error_code(http::error::bad_version).category())
    return http_response{.status = 400, .body = "bad request: " + ec.message() + "\n"};
  return std::nullopt;
}

} // namespace

asio::awaitable<void> http_session::serve() {
  const auto self = shared_from_this();
  while (co_await serve_one())
    first_ = false;
  co_await linger();
}

asio::awaitable<void> http_session::refuse() {
  const auto self = shared_from_this();
  http_response answer{.status = 503, .body = "too many connections\n"};
  co_await send(std::move(answer), false, http_1_1, false);
  co_await linger();
}

void http_session::cut() {
  error_code ignored;
  stream_.socket().close(ignored);
}

// True if another request may follow.
asio::awaitable<bool> http_session::serve_one() {
  parser input;
  input.header_limit(state_.options.max_header_bytes);
  input.body_limit(state_.options.max_body_bytes);
  const auto ec = co_await read(input);
  if (ec) {
    auto answer = refusal(ec);
    if (answer)
      co_await send(std::move(*answer), false, http_1_1, false);
    co_return false;
  }
  const auto& request = input.get();
  const std::string method(request.method_string());
  auto answer = state_.router.answer(method, std::string(request.target()), request.body());
  co_return co_await send(std::move(answer), method == "HEAD", request.version(),
                          request.keep_alive());
}

asio::awaitable<error_code> http_session::read(parser& input) {
  now_answering(false);
  // A connection without any request gets less time than one that has sent requests.
  stream_.expires_after(first_ ? state_.options.request_timeout : state_.options.idle_timeout);
  auto [ec, count] = co_await http::async_read_some(stream_, input_, input, use_result);
  if (ec)
    co_return ec;
  stream_.expires_after(state_.options.request_timeout);
  if (!input.is_header_done()) {
    std::tie(ec, count) = co_await http::async_read_header(stream_, input_, input, use_result);
    if (ec)
      co_return ec;
  }
  if (boost::beast::iequals(input.get()[http::field::expect], "100-continue")) {
    http::response<http::empty_body> go_on(http::status::continue_, http_1_1);
    std::tie(ec, count) = co_await http::async_write(stream_, go_on, use_result);
    if (ec)
      co_return ec;
  }
  if (!input.is_done())
    std::tie(ec, count) = co_await http::async_read(stream_, input_, input, use_result);
  co_return ec;
}

// True if the connection can be reused.
asio::awaitable<bool> http_session::send(http_response answer, bool head_only, unsigned version,
                                         bool keep_alive) {
  http::response<http::string_body> output;
  output.version(version);
  output.result(std::clamp(answer.status, 100U, 599U));
  output.set(http::field::content_type, answer.content_type);
  if (!answer.allow.empty())
    output.set(http::field::allow, answer.allow);
  output.keep_alive(keep_alive);
  output.body() = std::move(answer.body);
  output.prepare_payload();
  ++state_.answers[output.result_int() / 100];
  now_answering(true);

  stream_.expires_after(state_.options.request_timeout);
  http::response_serializer<http::string_body> serializer(output);
  error_code ec;
  std::size_t count = 0;
  if (head_only)
    std::tie(ec, count) = co_await http::async_write_header(stream_, serializer, use_result);
  else
    std::tie(ec, count) = co_await http::async_write(stream_, serializer, use_result);
  co_return !ec && keep_alive;
}

// Closing a socket with unread input resets the connection, which can discard the response. So
// input is read and discarded first, within limits.
asio::awaitable<void> http_session::linger() {
  now_answering(false);
  error_code ignored;
  stream_.socket().shutdown(asio::socket_base::shutdown_send, ignored);
  stream_.expires_after(linger_time);
  std::array<char, 4096> discarded;
  for (std::size_t total = 0; total < linger_bytes;) {
    const auto [ec, count] = co_await stream_.async_read_some(asio::buffer(discarded), use_result);
    if (ec)
      break;
    total += count;
  }
  cut();
}

} // namespace prism::net
