#pragma once

#include "db/pg/pg_type.hpp"
#include "db/pg/sqlstate.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace prism::db {

/// The parameters of one statement, encoded in PostgreSQL's binary format into one buffer.
///
///     params p;
///     p.int8(shard).text_array(likes, &like::rkey).timestamptz_array(likes, &like::created_at);
///
/// Values are added in the order $1, $2 …; the argument need not outlive the call. An empty
/// optional is NULL. An array method takes any range of values or optionals, and a projection from
/// the range's elements to them, so that structs are sent by columns without intermediate copies.
///
/// A value that PostgreSQL cannot store (NUL in a text, a timestamp out of range, too many bytes)
/// is reported by `status()`, and the statement fails with that error before anything is sent. Not
/// thread-safe.
class params {
public:
  /// Limit of all values of one statement together. The server's own limit is 1 GB per message; no
  /// batch should come near this one.
  static constexpr std::size_t max_bytes = 256UL << 20;
  /// Limit of the protocol, which counts parameters in 16 bits.
  static constexpr std::size_t max_count = 65535;

  params& boolean(std::optional<bool> value);
  params& int2(std::optional<std::int16_t> value);
  params& int4(std::optional<std::int32_t> value);
  params& int8(std::optional<std::int64_t> value);
  /// UTF-8 without NUL. The server checks the encoding (22021).
  params& text(std::optional<std::string_view> value);
  params& bytea(std::optional<std::span<const std::byte>> value);
  /// @param unix_us microseconds since 1970-01-01T00:00:00Z, 4714-11-24 BC to AD 294276.
  params& timestamptz(std::optional<std::int64_t> unix_us);

  template <class Range, class Projection = std::identity>
  params& boolean_array(const Range& rows, Projection member = {}) {
    return array<pg_type::boolean>(rows, member);
  }
  template <class Range, class Projection = std::identity>
  params& int2_array(const Range& rows, Projection member = {}) {
    return array<pg_type::int2>(rows, member);
  }
  template <class Range, class Projection = std::identity>
  params& int4_array(const Range& rows, Projection member = {}) {
    return array<pg_type::int4>(rows, member);
  }
  template <class Range, class Projection = std::identity>
  params& int8_array(const Range& rows, Projection member = {}) {
    return array<pg_type::int8>(rows, member);
  }
  template <class Range, class Projection = std::identity>
  params& text_array(const Range& rows, Projection member = {}) {
    return array<pg_type::text>(rows, member);
  }
  template <class Range, class Projection = std::identity>
  params& bytea_array(const Range& rows, Projection member = {}) {
    return array<pg_type::bytea>(rows, member);
  }
  template <class Range, class Projection = std::identity>
  params& timestamptz_array(const Range& rows, Projection member = {}) {
    return array<pg_type::timestamptz>(rows, member);
  }

  /// Number of values.
  [[nodiscard]] std::size_t size() const noexcept { return slots_.size(); }

  /// Encoded size in bytes.
  [[nodiscard]] std::size_t bytes() const noexcept { return buffer_.size(); }

  /// The error of the first rejected value, if any: 22021, 22008 or 54000, all of class poison.
  [[nodiscard]] const std::optional<db_error>& status() const noexcept { return rejected_; }

  /// The position of one value in `data()`.
  struct slot {
    pg_type type;
    std::uint32_t offset;
    std::int32_t length;
    bool is_null;
  };

  [[nodiscard]] std::span<const slot> slots() const noexcept { return slots_; }
  [[nodiscard]] const char* data() const noexcept { return buffer_.data(); }

private:
  template <class>
  struct is_optional : std::false_type {};
  template <class T>
  struct is_optional<std::optional<T>> : std::true_type {};

  template <pg_type Type, class Range, class Projection>
  params& array(const Range& rows, Projection& member) {
    begin_array(Type, std::size(rows));
    for (auto&& row : rows)
      element<Type>(std::invoke(member, row));
    end_array();
    return *this;
  }

  template <pg_type Type, class Value>
  void element(const Value& value) {
    if constexpr (is_optional<Value>::value) {
      if (value)
        element<Type>(*value);
      else
        null_element();
    } else if constexpr (Type == pg_type::boolean) {
      put_boolean(static_cast<bool>(value));
    } else if constexpr (Type == pg_type::text) {
      put_text(std::string_view(value));
    } else if constexpr (Type == pg_type::bytea) {
      put_bytea(std::span<const std::byte>(value));
    } else {
      static_assert(std::is_integral_v<Value>, "the column needs integers");
      if constexpr (Type == pg_type::int2) {
        static_assert(sizeof(Value) <= 2, "the value would be truncated");
        put_int2(static_cast<std::int16_t>(value));
      } else if constexpr (Type == pg_type::int4) {
        static_assert(sizeof(Value) <= 4, "the value would be truncated");
        put_int4(static_cast<std::int32_t>(value));
      } else if constexpr (Type == pg_type::int8) {
        put_int8(static_cast<std::int64_t>(value));
      } else {
        put_timestamptz(static_cast<std::int64_t>(value));
      }
    }
  }

  // Each writes a length and a value, the format of array elements.
  void put_boolean(bool value);
  void put_int2(std::int16_t value);
  void put_int4(std::int32_t value);
  void put_int8(std::int64_t value);
  void put_text(std::string_view value);
  void put_bytea(std::span<const std::byte> value);
  void put_timestamptz(std::int64_t unix_us);

  void null_element();
  void begin_array(pg_type element, std::size_t count);
  void end_array();

  template <pg_type Type, class Value>
  params& scalar(const std::optional<Value>& value);

  [[nodiscard]] bool open_slot(pg_type type);
  void close_slot() noexcept;
  [[nodiscard]] char* grow(std::size_t bytes);
  void reject(std::string_view state, std::string_view reason);

  std::vector<char> buffer_;
  std::vector<slot> slots_;
  std::optional<db_error> rejected_;
  std::size_t nulls_at_{0}; // position of the "has nulls" word of the open array
};

} // namespace prism::db
