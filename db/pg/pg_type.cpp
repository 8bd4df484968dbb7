#include "db/pg/pg_type.hpp"

namespace prism::db {

std::string_view to_string(pg_type type) noexcept {
  switch (type) {
  case pg_type::boolean:
    return "boolean";
  case pg_type::bytea:
    return "bytea";
  case pg_type::int8:
    return "int8";
  case pg_type::int2:
    return "int2";
  case pg_type::int4:
    return "int4";
  case pg_type::text:
    return "text";
  case pg_type::timestamptz:
    return "timestamptz";
  case pg_type::bool_array:
    return "boolean[]";
  case pg_type::bytea_array:
    return "bytea[]";
  case pg_type::int2_array:
    return "int2[]";
  case pg_type::int4_array:
    return "int4[]";
  case pg_type::text_array:
    return "text[]";
  case pg_type::int8_array:
    return "int8[]";
  case pg_type::timestamptz_array:
    return "timestamptz[]";
  }
  return "another type";
}

} // namespace prism::db
