#include "actors/status_page/status_routes.hpp"

#include "actors/inspector/command.hpp"
#include "actors/inspector/snapshots.hpp"
#include "actors/status_page/page_policy.hpp"
#include "actors/status_page/status_page.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <memory>

namespace prism {

namespace {

using net::http_request;
using net::http_response;

// Of the commands that answer at once those that need no argument and change nothing.
constexpr std::array<std::string_view, 5> shown{"status", "actors", "channels", "caches", "log"};

[[nodiscard]] http_response guarded(http_response answer, std::string_view policy) {
  answer.headers = {{"Cache-Control", "no-store"},
                    {"X-Content-Type-Options", "nosniff"},
                    {"Content-Security-Policy", std::string{policy}}};
  return answer;
}

[[nodiscard]] http_response guarded(http_response answer) {
  return guarded(std::move(answer), "default-src 'none'; frame-ancestors 'none'");
}

// The value of the only parameter that a page has; empty if there is none.
[[nodiscard]] std::string_view value_of(std::string_view query, std::string_view name) {
  return query.starts_with(name) && query.substr(name.size()).starts_with('=')
             ? query.substr(name.size() + 1)
             : std::string_view{};
}

// What the routes have in common; on the thread of the server only.
class status_source {
public:
  explicit status_source(node_ptr node) : node_(std::move(node)), last_(node_) {}

  [[nodiscard]] http_response answer(std::string_view view) {
    if (std::ranges::find(shown, view) == shown.end())
      return {.status = 404, .body = fmt::format("the views are {}\n", fmt::join(shown, ", "))};
    auto found = text_of(view);
    if (!found)
      return {.status = 500, .body = found.error().message + "\n"};
    return {.content_type = "application/json", .body = std::move(*found)};
  }

  // The same text for all who read at about the same time.
  [[nodiscard]] std::string event() {
    const auto now = steady_clock::now();
    if (event_.empty() || now - made_ >= std::chrono::milliseconds{500}) {
      made_ = now;
      event_ = "data: {";
      for (const std::string_view view : {"status", "actors", "channels"})
        if (const auto found = text_of(view))
          event_ += fmt::format("{}\"{}\":{}", event_.ends_with('{') ? "" : ",", view, *found);
      event_ += "}\n\n";
    }
    return event_;
  }

private:
  [[nodiscard]] expected<std::string> text_of(std::string_view view) {
    const auto* found = find_command(view);
    if (found == nullptr || found->acts || found->place != command_place::at_once)
      return fail(errc::invalid, "{} is not a view of the status page", view);
    const operator_identity who{.name = "the status page", .address = ""};
    const boost::json::object arguments;
    command_call call{.node = *node_, .last = last_, .who = who, .arguments = arguments};
    auto data = found->run(call);
    if (!data)
      return tl::unexpected(data.error());
    return answer_text(*node_, view, std::move(*data));
  }

  node_ptr node_;
  snapshots last_; // commands at once do not ask actors
  std::string event_;
  time_point made_{};
};

[[nodiscard]] http_response stream_of(const std::shared_ptr<status_source>& source,
                                      std::string_view query) {
  int seconds = 1;
  if (!query.empty()) {
    const auto text = value_of(query, "interval");
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (problem != std::errc{} || end != text.data() + text.size() || seconds < 1 || seconds > 60)
      return {.status = 400, .body = "interval must be from 1 to 60 seconds\n"};
  }
  return {.content_type = "text/event-stream",
          .stream = {.next = [source] { return source->event(); },
                     .every = std::chrono::seconds{seconds}}};
}

} // namespace

std::vector<net::http_route> status_routes(node_ptr node) {
  const auto source = std::make_shared<status_source>(std::move(node));
  return {{"GET", "/",
           [policy = page_policy(status_page())](const http_request&) {
             return guarded(
                 {.content_type = "text/html; charset=utf-8", .body = std::string{status_page()}},
                 policy);
           }},
          {"GET", "/status",
           [source](const http_request& request) {
             return guarded(source->answer(
                 request.query.empty() ? "status" : value_of(request.query, "view")));
           }},
          {"GET", "/status/events", [source](const http_request& request) {
             return guarded(stream_of(source, request.query));
           }}};
}

} // namespace prism
