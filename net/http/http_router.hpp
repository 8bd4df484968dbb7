#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace prism::net {

/// A request as passed to a handler; the views are valid during the call only.
struct http_request {
  std::string_view method;
  /// Path as sent, without the query.
  std::string_view path;
  /// The part after the first '?'; "" without one.
  std::string_view query;
  /// "" for GET and HEAD, where a body means nothing.
  std::string_view body;
};

/// What a response that does not end is made of: one piece after the other, until a side closes.
struct http_stream {
  /// Makes the next piece, on the server's thread; it must return soon. It is called only once the
  /// client has taken the piece before: a slow client gets fewer pieces, and each is the newest.
  /// Empty: the response has no stream.
  std::function<std::string()> next{};
  /// Pause between two pieces. 1 s; positive.
  std::chrono::milliseconds every{1'000};
};

/// The response of a handler.
struct http_response {
  unsigned status{200};
  std::string content_type{"text/plain; charset=utf-8"};
  std::string body{};
  /// Value of the Allow header; "" leaves it out. Only a 405 needs it (RFC 9110, 15.5.6).
  std::string allow{};
  /// Further headers, as they are sent.
  std::vector<std::pair<std::string, std::string>> headers{};
  /// With one, `body` is not sent. The server bounds how many there are (`max_streams`).
  http_stream stream{};
};

/// Answers a request on the server's thread, so it must return soon. An exception becomes a 500.
using http_handler = std::function<http_response(const http_request&)>;

/// A method, a path and their handler. A route for GET also serves HEAD, and gets no body.
struct http_route {
  std::string method;
  std::string path;
  http_handler handler;
};

/// Finds the handler of a request: 404 where no route has the path, 405 where none of those has the
/// method. Does no I/O; immutable.
class http_router {
public:
  explicit http_router(std::vector<http_route> routes) : routes_(std::move(routes)) {}

  /// @param target the request line's, with its query.
  /// @returns for HEAD the same as for GET, including the body, which the sender omits.
  [[nodiscard]] http_response answer(std::string_view method, std::string_view target,
                                     std::string_view body) const;

  /// Whether a handler reads the body of such a request. Other bodies need not be kept.
  [[nodiscard]] bool wants_body(std::string_view method, std::string_view target) const;

private:
  std::vector<http_route> routes_;
};

} // namespace prism::net
