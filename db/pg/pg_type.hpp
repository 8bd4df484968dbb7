#pragma once

#include <cstdint>
#include <string_view>

namespace prism::db {

/// The PostgreSQL types that are sent and read in binary. The values are the OIDs of the built-in
/// types, which are the same in every PostgreSQL (src/include/catalog/pg_type.dat).
enum class pg_type : std::uint32_t {
  boolean = 16,
  bytea = 17,
  int8 = 20,
  int2 = 21,
  int4 = 23,
  text = 25,
  timestamptz = 1184,
  bool_array = 1000,
  bytea_array = 1001,
  int2_array = 1005,
  int4_array = 1007,
  text_array = 1009,
  int8_array = 1016,
  timestamptz_array = 1185
};

/// The array type with elements of type `element`; `element` itself if there is none in pg_type.
[[nodiscard]] constexpr pg_type array_of(pg_type element) noexcept {
  switch (element) {
  case pg_type::boolean:
    return pg_type::bool_array;
  case pg_type::bytea:
    return pg_type::bytea_array;
  case pg_type::int8:
    return pg_type::int8_array;
  case pg_type::int2:
    return pg_type::int2_array;
  case pg_type::int4:
    return pg_type::int4_array;
  case pg_type::text:
    return pg_type::text_array;
  case pg_type::timestamptz:
    return pg_type::timestamptz_array;
  default:
    return element;
  }
}

/// The name as PostgreSQL prints it, for messages.
[[nodiscard]] std::string_view to_string(pg_type type) noexcept;

} // namespace prism::db
