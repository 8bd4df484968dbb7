#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace prism::atproto::detail {

/// The values of `format` of a string schema (lexicon spec, "String Formats").
enum class string_format : std::uint8_t {
  at_identifier,
  at_uri,
  cid,
  datetime,
  did,
  handle,
  language,
  nsid,
  record_key,
  tid,
  uri
};

/// The format of a name in a lexicon; `nullopt` if there is none of that name.
[[nodiscard]] std::optional<string_format> parse_string_format(std::string_view name) noexcept;

/// The name in a lexicon.
[[nodiscard]] std::string_view to_string(string_format format) noexcept;

/// Whether `text`, which must be UTF-8, is of the format.
[[nodiscard]] bool matches(string_format format, std::string_view text) noexcept;

} // namespace prism::atproto::detail
