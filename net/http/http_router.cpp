#include "net/http/http_router.hpp"

#include <algorithm>
#include <exception>

namespace prism::net {

namespace {

http_response plain(unsigned status, std::string text) {
  return {.status = status, .body = std::move(text)};
}

http_response call(const http_handler& handler, const http_request& request) {
  try {
    return handler(request);
  } catch (const std::exception& e) {
    return plain(500, std::string("failed: ") + e.what() + "\n");
  } catch (...) {
    return plain(500, "failed\n");
  }
}

} // namespace

http_response http_router::answer(std::string_view method, std::string_view target,
                                  std::string_view body) const {
  const auto question = target.find('?');
  const auto path = target.substr(0, question);
  const auto query =
      question == std::string_view::npos ? std::string_view{} : target.substr(question + 1);
  const auto wanted = method == "HEAD" ? std::string_view{"GET"} : method;
  std::string allowed;
  for (const auto& route : routes_) {
    if (route.path != path)
      continue;
    if (route.method == wanted)
      return call(route.handler, {.method = method, .path = path, .query = query, .body = body});
    allowed.append(allowed.empty() ? "" : ", ").append(route.method);
    if (route.method == "GET")
      allowed.append(", HEAD");
  }
  if (allowed.empty())
    return plain(404, "no such page\n");
  auto refusal = plain(405, "allowed methods: " + allowed + "\n");
  refusal.allow = std::move(allowed);
  return refusal;
}

bool http_router::wants_body(std::string_view method, std::string_view target) const {
  const auto path = target.substr(0, target.find('?'));
  return method != "GET" && std::ranges::any_of(routes_, [&](const http_route& each) {
           return each.method == method && each.path == path;
         });
}

} // namespace prism::net
