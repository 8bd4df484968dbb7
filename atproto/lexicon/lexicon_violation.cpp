#include "atproto/lexicon/lexicon_violation.hpp"

#include <fmt/format.h>

namespace prism::atproto {

std::string_view to_string(lexicon_rule rule) noexcept {
  switch (rule) {
  case lexicon_rule::unknown_collection:
    return "unknown_collection";
  case lexicon_rule::missing_field:
    return "missing_field";
  case lexicon_rule::wrong_type:
    return "wrong_type";
  case lexicon_rule::bad_type_field:
    return "bad_type_field";
  case lexicon_rule::not_in_union:
    return "not_in_union";
  case lexicon_rule::not_in_enum:
    return "not_in_enum";
  case lexicon_rule::bad_format:
    return "bad_format";
  case lexicon_rule::string_too_long:
    return "string_too_long";
  case lexicon_rule::string_too_short:
    return "string_too_short";
  case lexicon_rule::too_many_graphemes:
    return "too_many_graphemes";
  case lexicon_rule::too_few_graphemes:
    return "too_few_graphemes";
  case lexicon_rule::integer_too_large:
    return "integer_too_large";
  case lexicon_rule::integer_too_small:
    return "integer_too_small";
  case lexicon_rule::array_too_long:
    return "array_too_long";
  case lexicon_rule::array_too_short:
    return "array_too_short";
  case lexicon_rule::bytes_too_long:
    return "bytes_too_long";
  case lexicon_rule::bytes_too_short:
    return "bytes_too_short";
  case lexicon_rule::bad_blob:
    return "bad_blob";
  case lexicon_rule::blob_mime_type:
    return "blob_mime_type";
  case lexicon_rule::blob_too_large:
    return "blob_too_large";
  }
  return "unknown";
}

std::string lexicon_violation::to_string() const {
  return fmt::format("{} at {}: {}", atproto::to_string(rule), path, detail);
}

} // namespace prism::atproto
