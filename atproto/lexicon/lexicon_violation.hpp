#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace prism::atproto {

/// The rule that a record breaks. The names are metric labels: do not change them.
enum class lexicon_rule : std::uint8_t {
  unknown_collection, ///< no schema for this collection
  missing_field,      ///< a required field is absent
  wrong_type,         ///< another kind of value; also null where the field is not nullable
  bad_type_field,     ///< `$type` is absent where it must be, or not the expected one
  not_in_union,       ///< `$type` names no member of a closed union
  not_in_enum,        ///< none of the values of an `enum`, not the `const`, or another token
  bad_format,         ///< a string that is not of its `format`
  string_too_long,    ///< more bytes of UTF-8 than `maxLength`
  string_too_short,   ///< fewer bytes of UTF-8 than `minLength`
  too_many_graphemes, ///< more than `maxGraphemes`
  too_few_graphemes,  ///< fewer than `minGraphemes`
  integer_too_large,  ///< above `maximum`
  integer_too_small,  ///< below `minimum`
  array_too_long,     ///< more items than `maxLength`
  array_too_short,    ///< fewer items than `minLength`
  bytes_too_long,     ///< more bytes than `maxLength`
  bytes_too_short,    ///< fewer bytes than `minLength`
  bad_blob,           ///< not a blob of exactly `$type`, `ref`, `mimeType` and `size`
  blob_mime_type,     ///< a MIME type outside `accept`
  blob_too_large      ///< a size above `maxSize`
};

/// The name as in the enumeration: `"missing_field"` and so on.
[[nodiscard]] std::string_view to_string(lexicon_rule rule) noexcept;

/// Why a record is rejected.
struct lexicon_violation {
  lexicon_rule rule;
  std::string path;   ///< JSONPath of the value, `$` for the record itself
  std::string detail; ///< the actual and the allowed value

  /// One line: rule, path and detail.
  [[nodiscard]] std::string to_string() const;
};

/// What is worth counting in valid records.
struct lexicon_notes {
  std::size_t legacy_blobs{0}; ///< blobs in the form from before 2023
};

/// Empty if valid, else the first violation.
using lexicon_result = tl::expected<void, lexicon_violation>;

} // namespace prism::atproto
