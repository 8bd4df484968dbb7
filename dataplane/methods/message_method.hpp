#pragma once

#include "dataplane/method.hpp"
#include "dataplane/proto/bsky.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace prism::dataplane {

namespace detail {

template <class Request>
[[nodiscard]] inline bool parse(Request& out, std::string_view bytes) {
  return out.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

template <class>
struct body_of;
template <class Request, class Response>
struct body_of<answer<void> (*)(call&, const Request&, Response&)> {
  template <auto Body>
  static answer<std::string> run(call& with, std::string_view bytes) {
    Request request;
    if (!parse(request, bytes))
      return invalid("the request is no message of its type");
    Response response;
    if (auto done = Body(with, request, response); !done)
      return tl::unexpected(std::move(done.error()));
    if (const auto bytes = response.ByteSizeLong(); bytes > max_answer_bytes)
      return too_large(bytes);
    return response.SerializeAsString();
  }
};
template <class Request, class Response>
struct body_of<answer<void> (*)(const Request&, Response&)> {
  template <auto Body>
  static answer<std::string> run(std::string_view bytes) {
    Request request;
    if (!parse(request, bytes))
      return invalid("the request is no message of its type");
    Response response;
    if (auto done = Body(request, response); !done)
      return tl::unexpected(std::move(done.error()));
    return response.SerializeAsString();
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
