#include "atproto/lexicon/lexicon_reader.hpp"

#include <boost/json.hpp>

namespace prism::atproto::detail {

namespace json = boost::json;

namespace {

const json::object& empty_object() {
  static const json::object empty;
  return empty;
}

const json::array& empty_array() {
  static const json::array empty;
  return empty;
}

} // namespace

const json::value* lexicon_reader::find(const json::object& in, std::string_view name) {
  return in.if_contains(json::string_view{name.data(), name.size()});
}

const json::object& lexicon_reader::object(const json::value& value) {
  if (const auto* object = value.if_object())
    return *object;
  complain("must be an object");
  return empty_object();
}

const json::object& lexicon_reader::object(const json::object& in, std::string_view name) {
  const auto* value = find(in, name);
  if (value == nullptr)
    return empty_object();
  if (const auto* object = value->if_object())
    return *object;
  complain("'{}' must be an object", name);
  return empty_object();
}

const json::array& lexicon_reader::array(const json::object& in, std::string_view name) {
  const auto* value = find(in, name);
  if (value == nullptr)
    return empty_array();
  if (const auto* array = value->if_array())
    return *array;
  complain("'{}' must be an array", name);
  return empty_array();
}

std::string lexicon_reader::text(const json::object& in, std::string_view name) {
  auto text = optional_text(in, name);
  if (!text)
    complain("'{}' is missing", name);
  return std::move(text).value_or("");
}

std::optional<std::string> lexicon_reader::optional_text(const json::object& in,
                                                         std::string_view name) {
  const auto* value = find(in, name);
  if (value == nullptr)
    return std::nullopt;
  if (const auto* text = value->if_string())
    return std::string{text->data(), text->size()};
  complain("'{}' must be a string", name);
  return std::string{};
}

std::optional<std::int64_t> lexicon_reader::optional_integer(const json::object& in,
                                                             std::string_view name) {
  const auto* value = find(in, name);
  if (value == nullptr)
    return std::nullopt;
  if (const auto* number = value->if_int64())
    return *number;
  complain("'{}' must be an integer", name);
  return std::nullopt;
}

bool lexicon_reader::flag(const json::object& in, std::string_view name) {
  const auto* value = find(in, name);
  if (value != nullptr && !value->is_bool())
    complain("'{}' must be a boolean", name);
  return value != nullptr && value->is_bool() && value->get_bool();
}

std::vector<std::string> lexicon_reader::texts(const json::object& in, std::string_view name) {
  std::vector<std::string> result;
  for (const auto& value : array(in, name))
    if (const auto* text = value.if_string())
      result.emplace_back(text->data(), text->size());
    else
      complain("'{}' must hold strings", name);
  return result;
}

bounds<std::int64_t> lexicon_reader::integer_bounds(const json::object& in, std::string_view low,
                                                    std::string_view high) {
  const bounds<std::int64_t> result{optional_integer(in, low), optional_integer(in, high)};
  if (result.low && result.high && *result.low > *result.high)
    complain("'{}' is greater than '{}'", low, high);
  return result;
}

size_bounds lexicon_reader::sizes(const json::object& in, std::string_view low,
                                  std::string_view high) {
  const auto range = integer_bounds(in, low, high);
  const auto as_size = [this](std::optional<std::int64_t> value,
                              std::string_view name) -> std::optional<std::size_t> {
    if (!value)
      return std::nullopt;
    if (*value < 0) {
      complain("'{}' is negative", name);
      return std::nullopt;
    }
    return static_cast<std::size_t>(*value);
  };
  return {as_size(range.low, low), as_size(range.high, high)};
}

} // namespace prism::atproto::detail
