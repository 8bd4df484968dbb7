#pragma once

#include "actors/inspector/answer.hpp"

#include <optional>
#include <utility>

namespace prism {

/// Reads several arguments of a request, and remembers the first that is missing or wrong:
///
///     argument_reader given(call.arguments);
///     const auto part = given.text("part");
///     const auto seconds = given.number("seconds", 300, 1, 3'600);
///     if (const auto wrong = given.wrong())
///       return tl::unexpected(*wrong);
///
/// What is missing or wrong reads as empty, or 0. Not thread-safe.
class argument_reader {
public:
  explicit argument_reader(const boost::json::object& arguments) : arguments_(arguments) {}

  [[nodiscard]] std::string text(std::string_view name) {
    return take(text_argument(arguments_, name));
  }
  [[nodiscard]] std::string text(std::string_view name, std::string otherwise) {
    return take(text_argument(arguments_, name, std::move(otherwise)));
  }
  [[nodiscard]] std::int64_t number(std::string_view name, std::int64_t otherwise, std::int64_t min,
                                    std::int64_t max) {
    return take(number_argument(arguments_, name, otherwise, min, max));
  }
  /// A number of a row, which has to be given.
  [[nodiscard]] std::int64_t id(std::string_view name) {
    const auto found = number(name, 0, 1, INT64_MAX);
    if (found == 0 && !wrong_)
      wrong_ = error{errc::invalid, fmt::format("argument '{}' is missing", name)};
    return found;
  }

  /// The error of the first that is missing or wrong, `errc::invalid`; empty: all are right.
  [[nodiscard]] const std::optional<error>& wrong() const noexcept { return wrong_; }

private:
  template <class Value>
  [[nodiscard]] Value take(expected<Value> found) {
    if (found)
      return std::move(*found);
    if (!wrong_)
      wrong_ = std::move(found.error());
    return {};
  }

  const boost::json::object& arguments_;
  std::optional<error> wrong_;
};

} // namespace prism
