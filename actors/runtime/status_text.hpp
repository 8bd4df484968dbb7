#pragma once

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <string>

namespace prism {

/// A field of an actor's status, for people: strings without quotes.
[[nodiscard]] inline std::string text_of(const boost::json::value& field) {
  return field.is_string() ? std::string{field.get_string()} : boost::json::serialize(field);
}

} // namespace prism
