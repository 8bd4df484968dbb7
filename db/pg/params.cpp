#include "db/pg/params.hpp"

#include "db/pg/wire.hpp"

#include <cstring>

namespace prism::db {
namespace {

constexpr std::size_t length_size = sizeof(std::int32_t);
constexpr std::int32_t null_length = -1;

// Minimum size of an element, length included, to reserve memory once per array.
constexpr std::size_t element_size_hint(pg_type element) noexcept {
  switch (element) {
  case pg_type::boolean:
    return length_size + 1;
  case pg_type::int2:
    return length_size + 2;
  case pg_type::int4:
    return length_size + 4;
  case pg_type::text:
  case pg_type::bytea:
    return length_size + 16;
  default:
    return length_size + 8;
  }
}

} // namespace

params& params::boolean(std::optional<bool> value) {
  return scalar<pg_type::boolean>(value);
}
params& params::int2(std::optional<std::int16_t> value) {
  return scalar<pg_type::int2>(value);
}
params& params::int4(std::optional<std::int32_t> value) {
  return scalar<pg_type::int4>(value);
}
params& params::int8(std::optional<std::int64_t> value) {
  return scalar<pg_type::int8>(value);
}
params& params::text(std::optional<std::string_view> value) {
  return scalar<pg_type::text>(value);
}
params& params::bytea(std::optional<std::span<const std::byte>> value) {
  return scalar<pg_type::bytea>(value);
}
params& params::timestamptz(std::optional<std::int64_t> unix_us) {
  return scalar<pg_type::timestamptz>(unix_us);
}

template <pg_type Type, class Value>
params& params::scalar(const std::optional<Value>& value) {
  if (!open_slot(Type))
    return *this;
  auto& slot = slots_.back();
  if (!value) {
    slot.is_null = true;
    return *this;
  }
  // Scalars and array elements share one encoder; the length that it writes first is skipped.
  element<Type>(*value);
  if (!rejected_)
    slot.offset += length_size;
  close_slot();
  return *this;
}

bool params::open_slot(pg_type type) {
  if (slots_.size() == max_count)
    reject(sqlstate::too_large, "more than 65535 parameters");
  if (rejected_)
    return false;
  slots_.push_back({type, static_cast<std::uint32_t>(buffer_.size()), 0, false});
  return true;
}

void params::close_slot() noexcept {
  auto& slot = slots_.back();
  slot.length = static_cast<std::int32_t>(buffer_.size() - slot.offset);
}

void params::begin_array(pg_type element, std::size_t count) {
  if (!open_slot(array_of(element)))
    return;
  // Layout: dimensions, has nulls, element type, then per dimension its size and lower bound
  // (array_recv in src/backend/utils/adt/arrayfuncs.c). No elements means no dimension.
  const bool empty = count == 0;
  if (count > max_bytes / length_size) {
    reject(sqlstate::too_large, "array with too many elements");
    return;
  }
  buffer_.reserve(buffer_.size() + 20 + count * element_size_hint(element));
  char* out = grow(empty ? 12 : 20);
  if (out == nullptr)
    return;
  out = wire::store<std::int32_t>(out, empty ? 0 : 1);
  nulls_at_ = static_cast<std::size_t>(out - buffer_.data());
  out = wire::store<std::int32_t>(out, 0);
  out = wire::store(out, static_cast<std::uint32_t>(element));
  if (!empty) {
    out = wire::store(out, static_cast<std::int32_t>(count));
    wire::store<std::int32_t>(out, 1);
  }
}

void params::end_array() {
  if (!rejected_)
    close_slot();
}

void params::null_element() {
  char* out = grow(length_size);
  if (out == nullptr)
    return;
  wire::store(out, null_length);
  wire::store<std::int32_t>(buffer_.data() + nulls_at_, 1);
}

void params::put_boolean(bool value) {
  if (char* out = grow(length_size + 1)) {
    out = wire::store<std::int32_t>(out, 1);
    *out = value ? '\1' : '\0';
  }
}

void params::put_int2(std::int16_t value) {
  if (char* out = grow(length_size + sizeof value))
    wire::store(wire::store<std::int32_t>(out, sizeof value), value);
}

void params::put_int4(std::int32_t value) {
  if (char* out = grow(length_size + sizeof value))
    wire::store(wire::store<std::int32_t>(out, sizeof value), value);
}

void params::put_int8(std::int64_t value) {
  if (char* out = grow(length_size + sizeof value))
    wire::store(wire::store<std::int32_t>(out, sizeof value), value);
}

void params::put_text(std::string_view value) {
  char* out = grow(length_size + value.size());
  if (out == nullptr)
    return;
  if (!value.empty() && std::memchr(value.data(), '\0', value.size()) != nullptr) {
    reject(sqlstate::bad_text, "text with a NUL byte, which PostgreSQL cannot store");
    return;
  }
  out = wire::store(out, static_cast<std::int32_t>(value.size()));
  if (!value.empty())
    std::memcpy(out, value.data(), value.size());
}

void params::put_bytea(std::span<const std::byte> value) {
  char* out = grow(length_size + value.size());
  if (out == nullptr)
    return;
  out = wire::store(out, static_cast<std::int32_t>(value.size()));
  if (!value.empty())
    std::memcpy(out, value.data(), value.size());
}

void params::put_timestamptz(std::int64_t unix_us) {
  // The bounds are shifted instead of the value, which could overflow.
  if (unix_us < wire::min_timestamp_us + wire::epoch_shift_us ||
      unix_us - wire::epoch_shift_us >= wire::end_timestamp_us) {
    reject(sqlstate::bad_timestamp, "timestamp outside PostgreSQL's range");
    return;
  }
  put_int8(unix_us - wire::epoch_shift_us);
}

char* params::grow(std::size_t bytes) {
  if (rejected_)
    return nullptr;
  const std::size_t at = buffer_.size();
  if (bytes > max_bytes - at) {
    reject(sqlstate::too_large, "the statement's values exceed 256 MiB");
    return nullptr;
  }
  buffer_.resize(at + bytes);
  return buffer_.data() + at;
}

void params::reject(std::string_view state, std::string_view reason) {
  if (!rejected_)
    rejected_ = make_error(state, fmt::format("parameter ${}: {}", slots_.size(), reason));
}

} // namespace prism::db
