#include "net/http/http_session.hpp"
#include "net/http/head_bytes.hpp"
#include "net/use_result.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/error.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

namespace prism::net {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::beast::error_code;

namespace {

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

// Takes a body and keeps nothing of it (a Body of Beast).
struct discarded_body {
  struct value_type {};
  struct reader {
    template <bool IsRequest, class Fields>
    reader(http::header<IsRequest, Fields>& /*head*/, value_type& /*nothing*/) {}
    void init(const boost::optional<std::uint64_t>& /*size*/, error_code& ec) { ec = {}; }
    template <class Buffers>
    std::size_t put(const Buffers& part, error_code& ec) {
      ec = {};
      return boost::beast::buffer_bytes(part);
    }
    void finish(error_code& ec) { ec = {}; }
  };
};

// Counts a stream as long as it lives.
class counted_stream {
public:
  counted_stream(http_server_state& state, const asio::ip::address& origin)
      : state_(state), origin_(origin) {
    ++state_.streams;
    ++state_.streams_by_origin[origin_];
  }
  counted_stream(const counted_stream&) = delete;
  counted_stream& operator=(const counted_stream&) = delete;
  ~counted_stream() {
    --state_.streams;
    const auto own = state_.streams_by_origin.find(origin_);
    if (--own->second == 0)
      state_.streams_by_origin.erase(own);
  }

  [[nodiscard]] static bool may_begin(const http_server_state& state,
                                      const asio::ip::address& origin) {
    const auto own = state.streams_by_origin.find(origin);
    return state.streams < state.options.max_streams &&
           (own == state.streams_by_origin.end() ? 0 : own->second) <
               state.options.max_streams_per_address;
  }

private:
  http_server_state& state_;
  const asio::ip::address& origin_;
};

void set_headers(http::fields& output, const http_response& answer) {
  output.set(http::field::content_type, answer.content_type);
  if (!answer.allow.empty())
    output.set(http::field::allow, answer.allow);
  for (const auto& [name, value] : answer.headers)
    output.set(name, value);
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
  pause_.cancel();
}

// True if another request may follow.
asio::awaitable<bool> http_session::serve_one() {
  head_parser head;
  head.header_limit(state_.options.max_header_bytes);
  head.body_limit(state_.options.max_body_bytes);
  auto ec = co_await read_head(head);
  const std::string method(head.get().method_string());
  const std::string target(head.get().target());
  const auto version = head.get().version();
  const bool keep_alive = head.get().keep_alive();
  std::string body;
  // Beast takes such a request for one without a body, a proxy in front may not (RFC 9112, 6.3).
  if (!ec && head.get().count(http::field::transfer_encoding) > 0 && !head.chunked())
    ec = http::error::bad_transfer_encoding;
  if (!ec)
    ec = co_await read_body(head, state_.router.wants_body(method, target), body);
  if (ec) {
    auto answer = refusal(ec);
    if (answer)
      co_await send(std::move(*answer), false, http_1_1, false);
    co_return false;
  }
  auto answer = state_.router.answer(method, target, body);
  if (answer.stream.next) {
    if (counted_stream::may_begin(state_, origin_)) {
      co_await send_stream(std::move(answer), method == "HEAD", version);
      co_return false;
    }
    answer = {.status = 503, .body = "too many streams\n"};
  }
  co_return co_await send(std::move(answer), method == "HEAD", version, keep_alive);
}

asio::awaitable<error_code> http_session::read_head(head_parser& input) {
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
    if (!co_await write("HTTP/1.1 100 Continue\r\n\r\n", {}))
      co_return asio::error::broken_pipe;
  }
  co_return ec;
}

// A body that nobody wants is read all the same, since the next request stands behind it, and not
// kept: else strangers could have 10 MB on each connection.
asio::awaitable<error_code> http_session::read_body(head_parser& head, bool wanted,
                                                    std::string& body) {
  error_code ec;
  std::size_t count = 0;
  if (head.is_done())
    co_return ec;
  if (!wanted) {
    http::request_parser<discarded_body> input(std::move(head));
    std::tie(ec, count) = co_await http::async_read(stream_, input_, input, use_result);
    co_return ec;
  }
  http::request_parser<http::string_body> input(std::move(head));
  std::tie(ec, count) = co_await http::async_read(stream_, input_, input, use_result);
  body = std::move(input.get().body());
  co_return ec;
}

// True if the connection can be reused.
asio::awaitable<bool> http_session::send(http_response answer, bool head_only, unsigned version,
                                         bool keep_alive) {
  http::response<http::string_body> output;
  output.version(version);
  output.result(std::clamp(answer.status, 100U, 599U));
  set_headers(output, answer);
  output.keep_alive(keep_alive);
  output.body() = std::move(answer.body);
  output.prepare_payload();
  ++state_.answers[output.result_int() / 100];
  now_answering(true);

  stream_.expires_after(state_.options.request_timeout);
  const auto head = head_bytes(output.base());
  co_return co_await write(head, head_only ? std::string_view{} : output.body()) && keep_alive;
}

// The end of the connection is the end of the response: HTTP/1.0 has no chunks.
asio::awaitable<void> http_session::send_stream(http_response answer, bool head_only,
                                                unsigned version) {
  const counted_stream counted(state_, origin_);
  http::response<http::empty_body> output;
  output.version(version);
  output.result(std::clamp(answer.status, 100U, 599U));
  set_headers(output, answer);
  output.keep_alive(false);
  ++state_.answers[output.result_int() / 100];
  now_answering(false);

  stream_.expires_after(state_.options.request_timeout);
  if (co_await write(head_bytes(output.base()), {}) && !head_only)
    co_await send_pieces(answer.stream);
}

// One piece at a time: what a slow client costs is one piece and the deadline of its writing.
asio::awaitable<void> http_session::send_pieces(const http_stream& pieces) {
  while (stream_.socket().is_open()) {
    std::string piece;
    try {
      piece = pieces.next();
    } catch (const std::exception&) {
      co_return; // the client sees the end of the stream, and asks again
    }
    stream_.expires_after(state_.options.request_timeout);
    if (!co_await write(piece, {}))
      co_return;
    stream_.expires_never();
    pause_.expires_after(pieces.every);
    const auto [cut] = co_await pause_.async_wait(use_result);
    if (cut)
      co_return;
  }
}

// True if all of both has been written.
asio::awaitable<bool> http_session::write(std::string_view head, std::string_view body) {
  const std::array parts{asio::buffer(head), asio::buffer(body)};
  const auto [ec, count] = co_await asio::async_write(stream_, parts, use_result);
  co_return !ec;
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
