#pragma once

#include "dataplane/messages.hpp"
#include "dataplane/method.hpp"
#include "dataplane/proto/bsky.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace prism::dataplane {

namespace detail {

template <class>
struct body_of;
template <class Request, class Response>
struct body_of<answer<void> (*)(call&, const Request&, Response&)> {
  template <auto Body>
  static answer<std::string> run(call& with, std::string_view bytes) {
    Request request;
    Response response;
    return parse_request(request, bytes)
        .and_then([&] { return Body(with, request, response); })
        .and_then([&] { return encode_answer(response); });
  }
};
template <class Request, class Response>
struct body_of<answer<void> (*)(const Request&, Response&)> {
  template <auto Body>
  static answer<std::string> run(std::string_view bytes) {
    Request request;
    Response response;
    return parse_request(request, bytes)
        .and_then([&] { return Body(request, response); })
        .and_then([&] { return encode_answer(response); });
  }
};

} // namespace detail

/// A method from a function `answer<void>(call&, const Request&, Response&)`.
template <auto Body>
[[nodiscard]] constexpr method reads(std::string_view name) {
  return {.name = name, .run = &detail::body_of<decltype(Body)>::template run<Body>};
}

/// A method from a function `answer<void>(const Request&, Response&)`.
template <auto Body>
[[nodiscard]] constexpr method at_once(std::string_view name) {
  return {.name = name, .at_once = &detail::body_of<decltype(Body)>::template run<Body>};
}

} // namespace prism::dataplane
