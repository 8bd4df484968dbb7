#pragma once

#include "dataplane/methods/table.hpp"
#include "dataplane/proto/bsky.hpp"

#include <stdexcept>
#include <string>
#include <string_view>

/// Methods of the data plane asked in process, through their encoded messages.
namespace prism::test {

/// The answer of a method; throws std::logic_error if there is no such method, or if it answers
/// otherwise when the session knows the ids.
template <class Response, class Request>
[[nodiscard]] dataplane::answer<Response> try_ask(db::executor& on, std::string_view method,
                                                  const Request& request, db::micros now = 0) {
  const auto* found = dataplane::find_method(method);
  if (found == nullptr)
    throw std::logic_error("no method " + std::string{method});
  reads::session session(on);
  const auto bytes = request.SerializeAsString();
  const auto run = [&]() -> dataplane::answer<std::string> {
    if (found->run == nullptr)
      return found->at_once(bytes);
    dataplane::call call{session, now};
    return found->run(call, bytes);
  };
  auto answer = run();
  if (const auto again = run(); answer && (!again || *again != *answer))
    throw std::logic_error(std::string{method} + " answers otherwise with known ids");
  if (!answer)
    return tl::unexpected(std::move(answer.error()));
  Response out;
  if (!out.ParseFromString(*answer))
    throw std::logic_error("the answer of " + std::string{method} + " is no message of its type");
  return out;
}

/// The same where the answer must be good.
template <class Response, class Request>
[[nodiscard]] Response ask(db::executor& on, std::string_view method, const Request& request,
                           db::micros now = 0) {
  auto answer = try_ask<Response>(on, method, request, now);
  if (!answer)
    throw std::runtime_error(std::string{method} + ": " + answer.error().text);
  return std::move(*answer);
}

} // namespace prism::test
