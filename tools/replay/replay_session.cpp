#include "tools/replay/replay_session.hpp"

#include "net/endpoint_url.hpp"
#include "net/use_result.hpp"
#include "tools/replay/event_frames.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/error.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/url/parse.hpp>
#include <charconv>
#include <chrono>
#include <utility>

namespace prism::net {

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;

namespace {

constexpr std::chrono::seconds opening_time{10};
constexpr std::chrono::seconds closing_time{2};
constexpr std::uint32_t header_bytes = 8192;

// The value of `cursor` in a query: empty without one.
expected<std::optional<std::int64_t>> cursor_of(const boost::urls::url_view& target) {
  const auto params = target.params();
  const auto found = params.find("cursor");
  if (found == params.end())
    return std::nullopt;
  const std::string text((*found).value);
  std::int64_t cursor = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, problem] = std::from_chars(text.data(), end, cursor);
  if (problem != std::errc{} || rest != end || cursor < 0)
    return fail(errc::invalid, "cursor '{}' is not a number of 0 or more", text);
  return cursor;
}

std::string described(const std::optional<std::int64_t>& cursor) {
  return cursor ? std::to_string(*cursor) : "none";
}

} // namespace

replay_session::replay_session(maybe_tls_stream::tcp_socket socket, tls_context tls,
                               replay_state& state)
    : state_(state), tls_(std::move(tls)), ws_(std::move(socket)), deadline_(ws_.get_executor()),
      wake_(ws_.get_executor()) {}

asio::awaitable<void> replay_session::run() {
  const auto self = shared_from_this();
  deadline_.expires_after(opening_time);
  deadline_.async_wait([self](error_code ec) {
    if (!ec)
      self->cut();
  });
  const bool accepted = co_await accept();
  deadline_.cancel();
  if (accepted) {
    number_ = ++state_.connections;
    ++state_.open;
    state_.say(fmt::format("connection {}: opened, cursor {}", number_, described(cursor_)));
    asio::co_spawn(
        ws_.get_executor(), [self] { return self->read(); }, asio::detached);
    co_await write();
    co_await until_ended();
    --state_.open;
    state_.say(fmt::format("connection {}: ended, {} frames sent, {}", number_, sent_, end_text_));
    if (complete_ && closed_by_client_) {
      ++state_.served;
      if (state_.options.on_served)
        state_.options.on_served();
    }
  }
  cut();
}

void replay_session::cut() {
  error_code ignored;
  ws_.next_layer().next_layer().close(ignored);
  deadline_.cancel();
  wake_.cancel();
  if (end_text_.empty())
    end_text_ = "closed by the server";
  ended_ = true;
}

// -- opening ---------------------------------------------------------------------------------

asio::awaitable<bool> replay_session::accept() {
  error_code ignored;
  ws_.next_layer().next_layer().set_option(asio::ip::tcp::no_delay(true), ignored);
  if (tls_) {
    auto& tls = ws_.next_layer().enable_tls(tls_);
    const auto [ec] = co_await tls.async_handshake(asio::ssl::stream_base::server, use_result);
    if (ec) {
      state_.say("TLS handshake failed: " + ec.message());
      co_return false;
    }
  }
  http::request_parser<http::empty_body> parser;
  parser.header_limit(header_bytes);
  const auto [read_error, count] =
      co_await http::async_read(ws_.next_layer(), input_, parser, use_result);
  static_cast<void>(count);
  if (read_error) {
    state_.say("no HTTP request: " + read_error.message());
    co_return false;
  }
  const request asked = parser.release();
  if (co_await consult_directory(asked))
    co_return false;
  const auto target = boost::urls::parse_origin_form(asked.target());
  if (!target || target->path() != subscribe_repos_path) {
    co_await refuse(asked, http::status::not_found,
                    fmt::format("only {} is served here\n", subscribe_repos_path));
    co_return false;
  }
  const auto cursor = cursor_of(*target);
  if (!cursor) {
    co_await refuse(asked, http::status::bad_request, cursor.error().message + "\n");
    co_return false;
  }
  if (!websocket::is_upgrade(asked)) {
    co_await refuse(asked, http::status::upgrade_required, "a WebSocket upgrade is expected\n");
    co_return false;
  }
  cursor_ = *cursor;
  if (const auto fault = state_.take_delay()) {
    wake_.expires_after(fault->delay);
    co_await wake_.async_wait(use_result);
  }
  const auto [accept_error] = co_await ws_.async_accept(asked, use_result);
  if (accept_error)
    state_.say("no WebSocket: " + accept_error.message());
  co_return !accept_error;
}

// True if the directory answered the request.
asio::awaitable<bool> replay_session::consult_directory(const request& asked) {
  if (!state_.options.directory || asked.method() != http::verb::get)
    co_return false;
  const std::string host(asked[http::field::host]);
  const std::string target(asked.target());
  auto found = state_.options.directory->answer(host, target);
  if (!found)
    co_return false;
  http::response<http::string_body> answer(static_cast<http::status>(found->status),
                                           asked.version());
  answer.set(http::field::content_type, found->content_type);
  answer.keep_alive(false);
  answer.body() = std::move(found->body);
  answer.prepare_payload();
  co_await http::async_write(ws_.next_layer(), answer, use_result);
  co_return true;
}

asio::awaitable<void> replay_session::refuse(const request& asked, http::status status,
                                             std::string text) {
  http::response<http::string_body> answer(status, asked.version());
  answer.set(http::field::content_type, "text/plain");
  answer.keep_alive(false);
  answer.body() = std::move(text);
  answer.prepare_payload();
  state_.say(fmt::format("refused with HTTP {}: {}", answer.result_int(), answer.body()));
  co_await http::async_write(ws_.next_layer(), answer, use_result);
}

// -- reading ---------------------------------------------------------------------------------

asio::awaitable<void> replay_session::read() {
  const auto self = shared_from_this();
  for (;;) {
    input_.clear();
    const auto [ec, count] = co_await ws_.async_read(input_, use_result);
    static_cast<void>(count);
    if (half_open_)
      co_return;
    if (!ec)
      continue;
    closed_by_client_ = !closing_ && (ec == websocket::error::closed || ec == asio::error::eof);
    if (end_text_.empty())
      end_text_ = ec == websocket::error::closed ? "closed" : "lost: " + ec.message();
    ended_ = true;
    wake_.cancel();
    co_return;
  }
}

// -- writing ---------------------------------------------------------------------------------

asio::awaitable<void> replay_session::write() {
  const auto begin = state_.source->enter(cursor_, state_.options.from_start);
  if (begin.future) {
    co_await send(make_error_frame("FutureCursor", "Cursor in the future."));
    co_await close();
    co_return;
  }
  if (begin.outdated)
    co_await send(make_info_frame("OutdatedCursor", "Requested cursor exceeded limit."));
  co_await send_frames(begin.index);
}

asio::awaitable<void> replay_session::send_frames(std::size_t first) {
  pace_begin_ = std::chrono::steady_clock::now();
  for (std::size_t i = first;; ++i) {
    while (!ended_) {
      const auto fault = state_.take_fault_at(i);
      if (!fault)
        break;
      co_await strike(*fault);
    }
    const auto [frame, forgotten] = state_.source->at(i);
    if (forgotten) {
      co_await send(make_error_frame("ConsumerTooSlow", "What comes next is no longer kept."));
      co_await close();
      co_return;
    }
    if (!frame)
      break;
    co_await pace(i);
    if (ended_)
      co_return;
    ws_.binary(true);
    const auto [ec, count] = co_await ws_.async_write(asio::buffer(*frame), use_result);
    static_cast<void>(count);
    if (ec)
      co_return;
    ++sent_;
    ++state_.frames_sent;
  }
  complete_ = true;
  state_.say(fmt::format("connection {}: everything sent, {} frames", number_, sent_));
}

asio::awaitable<void> replay_session::send(std::vector<std::byte> message, bool binary) {
  ws_.binary(binary);
  co_await ws_.async_write(asio::buffer(message), use_result);
}

// Waits for the client's half of the closing handshake, which the reader receives.
asio::awaitable<void> replay_session::close() {
  closing_ = true;
  deadline_.expires_after(closing_time);
  deadline_.async_wait([self = shared_from_this()](error_code ec) {
    if (!ec)
      self->cut();
  });
  co_await ws_.async_close(websocket::close_code::going_away, use_result);
  co_await until_ended();
  deadline_.cancel();
}

asio::awaitable<void> replay_session::pace(std::size_t index) {
  const auto happens = state_.source->due(index);
  if (!happens && state_.options.rate == 0)
    co_return;
  const auto after = [&](std::size_t frames) {
    return std::chrono::nanoseconds{std::chrono::seconds{1}} * static_cast<std::int64_t>(frames) /
           state_.options.rate;
  };
  if (happens)
    wake_.expires_at(*happens);
  else if (state_.options.since)
    wake_.expires_at(*state_.options.since + after(index));
  else
    wake_.expires_at(pace_begin_ + after(paced_++));
  co_await wake_.async_wait(use_result);
}

asio::awaitable<void> replay_session::until_ended() {
  while (!ended_) {
    wake_.expires_at(asio::steady_timer::time_point::max());
    co_await wake_.async_wait(use_result);
  }
}

} // namespace prism::net
