#pragma once

#include "actors/runtime/node_context.hpp"
#include "core/error.hpp"

#include <boost/json/object.hpp>
#include <chrono>
#include <string>
#include <string_view>

namespace prism {

/// The version of the JSON that views answer with: `schema` of every answer. A field may be added
/// without another version; one that goes or changes its meaning needs one.
inline constexpr int answer_schema = 1;

/// What a view says, and whether it left something out.
struct view_data {
  boost::json::object data;
  bool truncated{false};
};

/// The frame of every answer: schema, node, time, name of the view, whether it was cut, and `data`.
[[nodiscard]] std::string answer_text(const node_context& node, std::string_view view,
                                      view_data found);

/// RFC 3339 with milliseconds, in UTC.
[[nodiscard]] std::string utc_text(std::chrono::system_clock::time_point at);

/// The moment of the steady clock in the terms of the wall clock, as of now.
[[nodiscard]] std::string utc_text(time_point at);

[[nodiscard]] inline double seconds_of(steady_clock::duration time) {
  return std::chrono::duration<double>(time).count();
}

// -- arguments of a request ---------------------------------------------------------------------

/// Error `errc::invalid`, with the name of the argument.
[[nodiscard]] expected<std::string> text_argument(const boost::json::object& arguments,
                                                  std::string_view name);
/// The same for one that may be left out.
[[nodiscard]] expected<std::string> text_argument(const boost::json::object& arguments,
                                                  std::string_view name, std::string otherwise);
/// Error `errc::invalid` also outside of `min` to `max`.
[[nodiscard]] expected<std::int64_t> number_argument(const boost::json::object& arguments,
                                                     std::string_view name, std::int64_t otherwise,
                                                     std::int64_t min, std::int64_t max);

} // namespace prism
