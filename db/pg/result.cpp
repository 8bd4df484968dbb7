#include "db/pg/result.hpp"

#include "db/pg/wire.hpp"

#include <charconv>
#include <fmt/format.h>
#include <libpq-fe.h>
#include <limits>
#include <stdexcept>

namespace prism::db {
namespace {

// Whether the binary format of a type is its text. Types of the schema (enums) have OIDs from 16384
// on.
bool is_textual(Oid type) noexcept {
  constexpr Oid name = 19, json = 114, unknown = 705, bpchar = 1042, varchar = 1043;
  constexpr Oid first_of_schema = 16384;
  return type == static_cast<Oid>(pg_type::text) || type == varchar || type == json ||
         type == name || type == bpchar || type == unknown || type >= first_of_schema;
}

[[noreturn]] void wrong_type(std::size_t column, std::string_view wanted, Oid found) {
  throw std::logic_error(
      fmt::format("result column {} was read as {} but has type OID {}", column, wanted, found));
}

} // namespace

result::result() noexcept = default;
result::result(pg_result* raw) noexcept : raw_(raw) {}
result::~result() = default;
result::result(result&&) noexcept = default;
result& result::operator=(result&&) noexcept = default;

void result::clear::operator()(pg_result* raw) const noexcept {
  PQclear(raw);
}

std::size_t result::rows() const noexcept {
  return raw_ ? static_cast<std::size_t>(PQntuples(raw_.get())) : 0;
}

std::size_t result::columns() const noexcept {
  return raw_ ? static_cast<std::size_t>(PQnfields(raw_.get())) : 0;
}

std::uint64_t result::affected_rows() const noexcept {
  std::uint64_t count = 0;
  if (raw_) {
    const std::string_view text = PQcmdTuples(raw_.get());
    std::from_chars(text.data(), text.data() + text.size(), count);
  }
  return count;
}

std::string_view result::command_tag() const noexcept {
  return raw_ ? PQcmdStatus(raw_.get()) : std::string_view{};
}

bool result::is_null(std::size_t row, std::size_t column) const {
  return cell(row, column).data() == nullptr;
}

bool result::get_bool(std::size_t row, std::size_t column) const {
  const auto bytes = cell(row, column, pg_type::boolean);
  return !bytes.empty() && bytes.front() != '\0';
}

std::int16_t result::get_int2(std::size_t row, std::size_t column) const {
  const auto bytes = cell(row, column, pg_type::int2);
  return bytes.empty() ? std::int16_t{0} : wire::load<std::int16_t>(bytes.data());
}

std::int32_t result::get_int4(std::size_t row, std::size_t column) const {
  const auto bytes = cell(row, column, pg_type::int4);
  return bytes.empty() ? 0 : wire::load<std::int32_t>(bytes.data());
}

std::int64_t result::get_int8(std::size_t row, std::size_t column) const {
  const auto bytes = cell(row, column);
  switch (static_cast<pg_type>(PQftype(raw_.get(), static_cast<int>(column)))) {
  case pg_type::int8:
    return bytes.empty() ? 0 : wire::load<std::int64_t>(bytes.data());
  case pg_type::int4:
    return bytes.empty() ? 0 : wire::load<std::int32_t>(bytes.data());
  case pg_type::int2:
    return bytes.empty() ? 0 : wire::load<std::int16_t>(bytes.data());
  default:
    wrong_type(column, to_string(pg_type::int8), PQftype(raw_.get(), static_cast<int>(column)));
  }
}

std::string_view result::get_text(std::size_t row, std::size_t column) const {
  const auto bytes = cell(row, column);
  const Oid type = PQftype(raw_.get(), static_cast<int>(column));
  if (!is_textual(type))
    wrong_type(column, to_string(pg_type::text), type);
  return bytes;
}

std::span<const std::byte> result::get_bytea(std::size_t row, std::size_t column) const {
  const auto bytes = cell(row, column, pg_type::bytea);
  return std::as_bytes(std::span(bytes.data(), bytes.size()));
}

std::int64_t result::get_timestamptz(std::size_t row, std::size_t column) const {
  using limits = std::numeric_limits<std::int64_t>;
  const auto bytes = cell(row, column, pg_type::timestamptz);
  if (bytes.empty())
    return 0;
  const auto value = wire::load<std::int64_t>(bytes.data());
  if (value == limits::min())
    return value;
  // The end of PostgreSQL's range does not fit into 64 bits since 1970; it reads as infinity.
  return value > limits::max() - wire::epoch_shift_us ? limits::max()
                                                      : value + wire::epoch_shift_us;
}

std::optional<std::int64_t> result::opt_timestamptz(std::size_t row, std::size_t column) const {
  return is_null(row, column) ? std::nullopt : std::optional(get_timestamptz(row, column));
}

std::string_view result::cell(std::size_t row, std::size_t column) const {
  if (row >= rows() || column >= columns())
    throw std::logic_error(
        fmt::format("result cell ({}, {}) was read, but there are {} rows of {} columns", row,
                    column, rows(), columns()));
  const int r = static_cast<int>(row);
  const int c = static_cast<int>(column);
  if (PQgetisnull(raw_.get(), r, c) != 0)
    return {};
  return {PQgetvalue(raw_.get(), r, c), static_cast<std::size_t>(PQgetlength(raw_.get(), r, c))};
}

std::string_view result::cell(std::size_t row, std::size_t column, pg_type type) const {
  const auto bytes = cell(row, column);
  const Oid found = PQftype(raw_.get(), static_cast<int>(column));
  if (found != static_cast<Oid>(type))
    wrong_type(column, to_string(type), found);
  return bytes;
}

} // namespace prism::db
