#pragma once

#include "core/clock.hpp"
#include "net/http/http_server.hpp"

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace prism::net {

/// State shared by the sessions of one `http_server`. Internal to net/.
struct http_server_state {
  http_server_options options;
  http_router router;
  std::atomic<std::uint64_t> connections{0};
  std::atomic<std::uint64_t> refused{0};
  std::atomic<std::uint64_t> evicted{0};
  std::atomic<std::uint64_t> open{0};
  std::atomic<std::uint64_t> answers[6]{};
  std::atomic<std::uint64_t> streams{0};
  std::map<boost::asio::ip::address, std::size_t> streams_by_origin{}; // server's thread
};

/// One connection of an `http_server`, on its thread. Internal to net/: includes Beast.
class http_session : public std::enable_shared_from_this<http_session> {
public:
  /// `state` must outlive the session. `origin` is the client's, as `origin_of` has it.
  http_session(boost::asio::ip::tcp::socket socket, boost::asio::ip::address origin,
               http_server_state& state)
      : state_(state), origin_(std::move(origin)), stream_(std::move(socket)),
        pause_(stream_.get_executor()) {}

  /// Serves requests until one side ends the connection.
  [[nodiscard]] boost::asio::awaitable<void> serve();

  /// Responds with 503 and closes.
  [[nodiscard]] boost::asio::awaitable<void> refuse();

  /// Closes the connection at once.
  void cut();

  /// Since when the client has been waited for: for its request, or, after `answer_grace`, for it
  /// to take the response, or since the begin of its stream. Empty while it is being answered.
  [[nodiscard]] std::optional<time_point> waiting_since(time_point now) const noexcept {
    if (answering_ && now - since_ < state_.options.answer_grace)
      return std::nullopt;
    return since_;
  }

private:
  using head_parser = boost::beast::http::request_parser<boost::beast::http::empty_body>;

  boost::asio::awaitable<bool> serve_one();
  boost::asio::awaitable<boost::beast::error_code> read_head(head_parser& input);
  boost::asio::awaitable<boost::beast::error_code> read_body(head_parser& head, bool wanted,
                                                             std::string& body);
  boost::asio::awaitable<bool> send(http_response answer, bool head_only, unsigned version,
                                    bool keep_alive);
  boost::asio::awaitable<void> send_stream(http_response answer, bool head_only, unsigned version);
  boost::asio::awaitable<void> send_pieces(const http_stream& pieces);
  boost::asio::awaitable<bool> write(std::string_view head, std::string_view body);
  boost::asio::awaitable<void> linger();
  void now_answering(bool answering) noexcept {
    answering_ = answering;
    since_ = steady_clock::now();
  }

  http_server_state& state_;
  boost::asio::ip::address origin_;
  boost::beast::tcp_stream stream_;
  boost::asio::steady_timer pause_; // between the pieces of a stream
  boost::beast::flat_buffer input_;
  bool first_{true};
  bool answering_{false};
  time_point since_{steady_clock::now()}; // of `answering_`
};

} // namespace prism::net
