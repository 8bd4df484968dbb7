#pragma once

#include "records.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace prism::synth {

/// One JSON object, written member by member.
class json_row {
public:
  json_row& text(std::string_view key, std::string_view value);
  json_row& text_or_null(std::string_view key, const std::optional<std::string>& value);
  json_row& null(std::string_view key);
  json_row& boolean(std::string_view key, bool value);
  json_row& number(std::string_view key, std::int64_t value);
  json_row& time(std::string_view key, micros value);
  /// null if empty.
  json_row& texts(std::string_view key, std::span<const std::string> values);
  json_row& object(std::string_view key, const std::string& json);

  [[nodiscard]] std::string done() const { return out_ + '}'; }

private:
  void key(std::string_view name);

  std::string out_{"{"};
};

} // namespace prism::synth
