#pragma once

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>
#include <string>

namespace prism {

/// A field of an actor's status, for people: strings without quotes.
[[nodiscard]] inline std::string text_of(const boost::json::value& field) {
  if (field.is_double())
    return fmt::format("{:.6g}", field.get_double());
  return field.is_string() ? std::string{field.get_string()} : boost::json::serialize(field);
}

} // namespace prism
