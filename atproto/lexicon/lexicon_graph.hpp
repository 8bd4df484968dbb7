#pragma once

#include "atproto/lexicon/lexicon_format.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

/// Lexicons as the validator walks them: references are resolved, and all numbers are read.
namespace prism::atproto::detail {

/// Names a schema of the graph; an index, because schemas refer to each other in circles.
using schema_id = std::uint32_t;

/// Inclusive bounds of a length or number.
template <class T>
struct bounds {
  std::optional<T> low;
  std::optional<T> high;
};

using size_bounds = bounds<std::size_t>;

struct null_schema {};

struct boolean_schema {};

struct integer_schema {
  bounds<std::int64_t> range;
};

struct string_schema {
  size_bounds bytes;
  size_bounds graphemes;
  std::optional<string_format> format;
};

/// A `const`, the values of an `enum`, or a token. Any other value, of whatever kind, is wrong.
struct choice_schema {
  std::vector<std::variant<bool, std::int64_t, std::string>> values;
};

struct bytes_schema {
  size_bounds size;
};

struct link_schema {};

struct blob_schema {
  std::vector<std::string> accept; ///< empty: any MIME type
  std::optional<std::int64_t> max_size;
};

struct array_schema {
  schema_id items = 0;
  size_bounds size;
};

struct object_schema {
  struct field {
    std::string name;
    schema_id schema;
    bool required;
    bool nullable;
  };
  std::vector<field> fields; ///< in the order of the lexicon
  std::string type;          ///< the `$type` it may carry; empty for an object without a name
};

struct record_schema {
  object_schema object;
  std::string collection;
};

struct union_schema {
  std::map<std::string, schema_id, std::less<>> members; ///< by `$type`
  bool closed = false;
};

struct unknown_schema {};

using schema = std::variant<null_schema, boolean_schema, integer_schema, string_schema,
                            choice_schema, bytes_schema, link_schema, blob_schema, array_schema,
                            object_schema, record_schema, union_schema, unknown_schema>;

/// All schemas that records can reach.
struct lexicon_graph {
  std::vector<schema> schemas;
  std::map<std::string, schema_id, std::less<>> records; ///< by collection
};

} // namespace prism::atproto::detail
