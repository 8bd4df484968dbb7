#include "atproto/lexicon/lexicon_validate.hpp"

#include "atproto/lexicon/lexicon_blob.hpp"
#include "atproto/lexicon/lexicon_path.hpp"
#include "atproto/text/grapheme.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace prism::atproto::detail {
namespace {

// The numbers that a JavaScript number holds exactly, which are all that the AppView takes.
constexpr std::int64_t max_safe_integer = (std::int64_t{1} << 53U) - 1;

bool is_safe(std::int64_t value) noexcept {
  return value >= -max_safe_integer && value <= max_safe_integer;
}

template <class... Args>
lexicon_result refuse(lexicon_rule rule, const json_path& path, fmt::format_string<Args...> format,
                      Args&&... args) {
  return tl::unexpected(
      lexicon_violation{rule, path.to_string(), fmt::format(format, std::forward<Args>(args)...)});
}

lexicon_result wrong_kind(const json_path& path, cbor_node value, std::string_view wanted) {
  return refuse(lexicon_rule::wrong_type, path, "{} instead of {}", to_string(value.kind()),
                wanted);
}

// Which rules a length or number breaks at its lower and upper bound, and what it counts.
struct bound_rules {
  lexicon_rule low;
  lexicon_rule high;
  const char* unit;
};

template <class T>
lexicon_result check_bounds(const bounds<T>& allowed, T actual, const bound_rules& rules,
                            const json_path& path) {
  if (allowed.low && actual < *allowed.low)
    return refuse(rules.low, path, "{}{}, at least {}", actual, rules.unit, *allowed.low);
  if (allowed.high && actual > *allowed.high)
    return refuse(rules.high, path, "{}{}, at most {}", actual, rules.unit, *allowed.high);
  return {};
}

class validator {
public:
  validator(const lexicon_graph& graph, lexicon_notes& notes) noexcept
      : graph_(graph), notes_(notes) {}

  [[nodiscard]] lexicon_result check(schema_id id, cbor_node value, const json_path& path) const {
    return std::visit([&](const auto& schema) { return check(schema, value, path); },
                      graph_.schemas[id]);
  }

private:
  [[nodiscard]] lexicon_result check(const null_schema&, cbor_node value,
                                     const json_path& path) const {
    return value.is(cbor_kind::null) ? lexicon_result{} : wrong_kind(path, value, "null");
  }

  [[nodiscard]] lexicon_result check(const boolean_schema&, cbor_node value,
                                     const json_path& path) const {
    return value.is(cbor_kind::boolean) ? lexicon_result{} : wrong_kind(path, value, "boolean");
  }

  [[nodiscard]] lexicon_result check(const link_schema&, cbor_node value,
                                     const json_path& path) const {
    return value.as_any_link() ? lexicon_result{} : wrong_kind(path, value, "link");
  }

  [[nodiscard]] lexicon_result check(const integer_schema& schema, cbor_node value,
                                     const json_path& path) const {
    const auto number = value.as_int();
    if (!number)
      return wrong_kind(path, value, "integer");
    if (!is_safe(*number))
      return refuse(lexicon_rule::wrong_type, path, "{} is beyond 53 bits", *number);
    return check_bounds(schema.range, *number,
                        {lexicon_rule::integer_too_small, lexicon_rule::integer_too_large, ""},
                        path);
  }

  [[nodiscard]] lexicon_result check(const string_schema& schema, cbor_node value,
                                     const json_path& path) const {
    const auto text = value.as_text();
    if (!text)
      return wrong_kind(path, value, "text");
    auto result = check_bounds(
        schema.bytes, text->size(),
        {lexicon_rule::string_too_short, lexicon_rule::string_too_long, " bytes"}, path);
    if (result)
      result = check_graphemes(schema, *text, path);
    if (result && schema.format && !matches(*schema.format, *text))
      return refuse(lexicon_rule::bad_format, path, "not a valid {}", to_string(*schema.format));
    return result;
  }

  // A cluster has at least one byte, so most texts need no counting.
  [[nodiscard]] static lexicon_result
  check_graphemes(const string_schema& schema, std::string_view text, const json_path& path) {
    const auto& allowed = schema.graphemes;
    if (!allowed.low && (!allowed.high || text.size() <= *allowed.high))
      return {};
    return check_bounds(
        allowed, count_graphemes(text),
        {lexicon_rule::too_few_graphemes, lexicon_rule::too_many_graphemes, " graphemes"}, path);
  }

  [[nodiscard]] lexicon_result check(const choice_schema& schema, cbor_node value,
                                     const json_path& path) const {
    const auto is_value = [value](const auto& choice) {
      return std::visit(
          [value](const auto& wanted) {
            using type = std::decay_t<decltype(wanted)>;
            if constexpr (std::is_same_v<type, bool>)
              return value.as_bool() == wanted;
            else if constexpr (std::is_same_v<type, std::int64_t>)
              return value.as_int() == wanted;
            else
              return value.as_text() == std::string_view{wanted};
          },
          choice);
    };
    if (std::ranges::any_of(schema.values, is_value))
      return {};
    return refuse(lexicon_rule::not_in_enum, path, "none of the {} values", schema.values.size());
  }

  [[nodiscard]] lexicon_result check(const bytes_schema& schema, cbor_node value,
                                     const json_path& path) const {
    const auto bytes = value.as_bytes();
    if (!bytes)
      return wrong_kind(path, value, "bytes");
    return check_bounds(schema.size, bytes->size(),
                        {lexicon_rule::bytes_too_short, lexicon_rule::bytes_too_long, " bytes"},
                        path);
  }

  [[nodiscard]] lexicon_result check(const blob_schema& schema, cbor_node value,
                                     const json_path& path) const {
    const auto blob = read_blob(value);
    if (!blob) {
      return refuse(lexicon_rule::bad_blob, path,
                    "must have $type \"blob\", a ref of codec raw, mimeType, size, nothing else");
    }
    if (!is_accepted(blob->mime_type, schema.accept)) {
      return refuse(lexicon_rule::blob_mime_type, json_path{path, "mimeType"},
                    "none of the {} accepted types", schema.accept.size());
    }
    if (schema.max_size && blob->size > schema.max_size) {
      return refuse(lexicon_rule::blob_too_large, path, "{} bytes, at most {}", *blob->size,
                    *schema.max_size);
    }
    if (!blob->size)
      ++notes_.legacy_blobs;
    return {};
  }

  [[nodiscard]] lexicon_result check(const array_schema& schema, cbor_node value,
                                     const json_path& path) const {
    if (!value.is(cbor_kind::array))
      return wrong_kind(path, value, "array");
    auto result =
        check_bounds(schema.size, value.size(),
                     {lexicon_rule::array_too_short, lexicon_rule::array_too_long, " items"}, path);
    std::size_t index = 0;
    for (auto it = value.items().begin(); result && it != value.items().end(); ++it, ++index)
      result = check(schema.items, *it, json_path{path, index});
    return result;
  }

  [[nodiscard]] lexicon_result check(const object_schema& schema, cbor_node value,
                                     const json_path& path) const {
    if (!value.is(cbor_kind::map))
      return wrong_kind(path, value, "map");
    const auto type = schema.type.empty() ? std::nullopt : value.find("$type");
    if (type && type->as_text() != schema.type) {
      return refuse(lexicon_rule::bad_type_field, json_path{path, "$type"}, "must be {}",
                    schema.type);
    }
    return check_fields(schema, value, path);
  }

  [[nodiscard]] lexicon_result check_fields(const object_schema& schema, cbor_node value,
                                            const json_path& path) const {
    for (const auto& field : schema.fields) {
      const auto member = value.find(field.name);
      if (!member) {
        if (field.required)
          return refuse(lexicon_rule::missing_field, path, "no field '{}'", field.name);
        continue;
      }
      if (field.nullable && member->is(cbor_kind::null))
        continue;
      if (auto result = check(field.schema, *member, json_path{path, field.name}); !result)
        return result;
    }
    return {};
  }

  // The AppView checks the fields first, which determines the violation it reports.
  [[nodiscard]] lexicon_result check(const record_schema& schema, cbor_node value,
                                     const json_path& path) const {
    auto result = check(schema.object, value, path);
    if (result && value.find_text("$type") != schema.collection) {
      return refuse(lexicon_rule::bad_type_field, json_path{path, "$type"}, "must be {}",
                    schema.collection);
    }
    return result;
  }

  [[nodiscard]] lexicon_result check(const union_schema& schema, cbor_node value,
                                     const json_path& path) const {
    const auto type = value.find("$type");
    if (!type)
      return refuse(lexicon_rule::bad_type_field, path, "must be a map with $type");
    const auto name = type->as_text();
    if (name) {
      if (const auto member = schema.members.find(*name); member != schema.members.end())
        return check(member->second, value, path);
    }
    if (schema.closed) {
      return refuse(lexicon_rule::not_in_union, json_path{path, "$type"},
                    "none of the {} types of the closed union", schema.members.size());
    }
    return name ? lexicon_result{}
                : refuse(lexicon_rule::bad_type_field, json_path{path, "$type"}, "must be text");
  }

  [[nodiscard]] lexicon_result check(const unknown_schema&, cbor_node value,
                                     const json_path& path) const {
    return value.is(cbor_kind::map) ? check_any(value, path) : wrong_kind(path, value, "map");
  }

  // Any value of the data model, as far as the AppView can hold it.
  [[nodiscard]] lexicon_result check_any(cbor_node value, const json_path& path) const {
    if (const auto number = value.as_int(); number && !is_safe(*number))
      return refuse(lexicon_rule::wrong_type, path, "{} is beyond 53 bits", *number);
    lexicon_result result;
    for (auto it = value.pairs().begin(); result && it != value.pairs().end(); ++it) {
      const auto pair = *it;
      result = check_any(pair.value, json_path{path, pair.key});
    }
    std::size_t index = 0;
    for (auto it = value.items().begin(); result && it != value.items().end(); ++it, ++index)
      result = check_any(*it, json_path{path, index});
    return result;
  }

  const lexicon_graph& graph_;
  lexicon_notes& notes_;
};

} // namespace

lexicon_result validate(const lexicon_graph& graph, schema_id schema, cbor_node value,
                        lexicon_notes& notes) {
  return validator{graph, notes}.check(schema, value, json_path{});
}

} // namespace prism::atproto::detail
