#include "json_row.hpp"

#include "frames.hpp"

#include <algorithm>
#include <boost/json.hpp>

namespace prism::synth {

namespace {

/// Fast path: nearly all texts need no escaping.
void put_quoted(std::string& out, std::string_view text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char each) {
    return static_cast<unsigned char>(each) >= 0x20 && each != '"' && each != '\\';
  });
  if (plain) {
    out += '"';
    out += text;
    out += '"';
  } else {
    out += boost::json::serialize(boost::json::string_view{text.data(), text.size()});
  }
}

} // namespace

void json_row::key(std::string_view name) {
  if (out_.size() > 1)
    out_ += ',';
  out_ += '"';
  out_ += name;
  out_ += "\":";
}

json_row& json_row::text(std::string_view name, std::string_view value) {
  key(name);
  put_quoted(out_, value);
  return *this;
}

json_row& json_row::text_or_null(std::string_view name, const std::optional<std::string>& value) {
  return value ? text(name, *value) : null(name);
}

json_row& json_row::null(std::string_view name) {
  key(name);
  out_ += "null";
  return *this;
}

json_row& json_row::boolean(std::string_view name, bool value) {
  key(name);
  out_ += value ? "true" : "false";
  return *this;
}

json_row& json_row::number(std::string_view name, std::int64_t value) {
  key(name);
  out_ += std::to_string(value);
  return *this;
}

json_row& json_row::time(std::string_view name, micros value) {
  return text(name, iso_text(value));
}

json_row& json_row::texts(std::string_view name, std::span<const std::string> values) {
  if (values.empty())
    return null(name);
  key(name);
  char before = '[';
  for (const auto& each : values) {
    out_ += before;
    put_quoted(out_, each);
    before = ',';
  }
  out_ += ']';
  return *this;
}

json_row& json_row::object(std::string_view name, const std::string& json) {
  key(name);
  out_ += json;
  return *this;
}

} // namespace prism::synth
