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

/// Names a schema of the graph: its index in `lexicon_graph::schemas`, because schemas refer to
/// each other in circles.
using schema_id = std::uint32_t;

/// Inclusive bounds of a length or number; empty: none.
template <class T>
struct bounds {
  std::optional<T> low;
  std::optional<T> high;
};

using size_bounds = bounds<std::size_t>;

struct null_schema {};

struct boolean_schema {};

/// Numbers beyond 53 bits are wrong in any range.
struct integer_schema {
  bounds<std::int64_t> range;
};

struct string_schema {
  size_bounds bytes;     ///< of UTF-8: `minLength` and `maxLength`
  size_bounds graphemes; ///< extended grapheme clusters (atproto/text/grapheme.hpp)
  std::optional<string_format> format;
};

/// A `const`, the values of an `enum`, or a token. Any other value, of whatever kind, is wrong.
struct choice_schema {
  std::vector<std::variant<bool, std::int64_t, std::string>> values;
};

struct bytes_schema {
  size_bounds size; ///< bytes
};

/// Any CID.
struct link_schema {};

struct blob_schema {
  std::vector<std::string> accept; ///< MIME types, also as image/* or */*; empty: any
  /// Bytes, inclusive; empty: no limit. Nothing is known of the size of a legacy blob.
  std::optional<std::int64_t> max_size;
};

struct array_schema {
  schema_id items = 0;
  size_bounds size; ///< items
};

/// A map; fields that it does not name may have any value.
struct object_schema {
  struct field {
    std::string name;
    schema_id schema;
    bool required; ///< must be there
    bool nullable; ///< may be null
  };
  std::vector<field> fields; ///< in the order of the lexicon
  std::string type;          ///< the `$type` it may carry; empty for an object without a name
};

struct record_schema {
  object_schema object;   ///< without `type`
  std::string collection; ///< its NSID, which must be the record's `$type`
};

/// A map with a `$type`.
struct union_schema {
  std::map<std::string, schema_id, std::less<>> members; ///< by `$type`
  bool closed = false; ///< else a map of any other `$type` is right, whatever it holds
};

/// Any map whose numbers have at most 53 bits.
struct unknown_schema {};

using schema = std::variant<null_schema, boolean_schema, integer_schema, string_schema,
                            choice_schema, bytes_schema, link_schema, blob_schema, array_schema,
                            object_schema, record_schema, union_schema, unknown_schema>;

/// All schemas that records can reach. Does not change once it is compiled: any thread.
struct lexicon_graph {
  std::vector<schema> schemas;
  std::map<std::string, schema_id, std::less<>> records; ///< `record_schema`s by collection
};

} // namespace prism::atproto::detail
