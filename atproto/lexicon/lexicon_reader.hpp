#pragma once

#include "atproto/lexicon/lexicon_graph.hpp"
#include "core/error.hpp"

#include <boost/json/fwd.hpp>
#include <fmt/format.h>

namespace prism::atproto::detail {

/// Reads members of the JSON of a lexicon and keeps the first error with its place. After an error
/// it returns harmless values, so that callers need not check after each step.
class lexicon_reader {
public:
  /// Sets the place for error messages: document, definition, property.
  void enter(std::string place) { place_ = std::move(place); }
  [[nodiscard]] const std::string& place() const noexcept { return place_; }

  template <class... Args>
  void complain(fmt::format_string<Args...> format, Args&&... args) {
    if (!error_) {
      error_ = error{errc::invalid, fmt::format("lexicon {}: {}", place_,
                                                fmt::format(format, std::forward<Args>(args)...))};
    }
  }

  [[nodiscard]] const std::optional<error>& first_error() const noexcept { return error_; }

  /// The value as an object; the empty one if it is none.
  const boost::json::object& object(const boost::json::value& value);
  /// A member that is an object; the empty one if it is absent or none.
  const boost::json::object& object(const boost::json::object& in, std::string_view name);
  /// A member that is an array; the empty one if it is absent or none.
  const boost::json::array& array(const boost::json::object& in, std::string_view name);
  /// A required member that is a string.
  std::string text(const boost::json::object& in, std::string_view name);
  /// A member that may be absent.
  std::optional<std::string> optional_text(const boost::json::object& in, std::string_view name);
  std::optional<std::int64_t> optional_integer(const boost::json::object& in,
                                               std::string_view name);
  bool flag(const boost::json::object& in, std::string_view name);
  std::vector<std::string> texts(const boost::json::object& in, std::string_view name);

  bounds<std::int64_t> integer_bounds(const boost::json::object& in, std::string_view low,
                                      std::string_view high);
  size_bounds sizes(const boost::json::object& in, std::string_view low, std::string_view high);

private:
  const boost::json::value* find(const boost::json::object& in, std::string_view name);

  std::string place_;
  std::optional<error> error_;
};

} // namespace prism::atproto::detail
