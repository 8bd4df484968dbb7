#include "atproto/cbor/payload_reader.hpp"

namespace prism::atproto {

payload_reader::payload_reader(cbor_node map, std::string_view what, std::size_t base)
    : payload_reader(map, std::string{}, what, base) {}

payload_reader::payload_reader(cbor_node map, std::string path, std::string_view what,
                               std::size_t base)
    : map_(map), path_(std::move(path)), what_(what), base_(base) {
  if (!map.is(cbor_kind::map)) {
    fail_at(errc::invalid, {}, map.offset(),
            fmt::format("must be a map, is {}", to_string(map.kind())));
  }
}

payload_reader payload_reader::inner(cbor_node map, std::string_view field,
                                     std::size_t index) const {
  return {map, fmt::format("{}{}[{}].", path_, field, index), what_, base_};
}

void payload_reader::adopt(payload_reader& inner) {
  if (!failure_)
    failure_ = std::move(inner.failure_);
}

std::int64_t payload_reader::positive(std::string_view key) {
  const auto value = required(key, cbor_kind::integer);
  if (!value)
    return -1;
  const auto number = *value->as_int();
  if (number < 1)
    fail_at(errc::invalid, key, value->offset(), fmt::format("must be positive, is {}", number));
  return number;
}

bool payload_reader::boolean(std::string_view key) {
  const auto value = required(key, cbor_kind::boolean);
  return value && *value->as_bool();
}

std::string_view payload_reader::text(std::string_view key) {
  const auto value = present(key);
  return value ? text_of(key, *value).value_or(std::string_view{}) : std::string_view{};
}

std::string_view payload_reader::unchecked_text(std::string_view key) {
  const auto value = required(key, cbor_kind::text);
  return value ? *value->as_unchecked_text() : std::string_view{};
}

cid payload_reader::link(std::string_view key) {
  const auto value = required(key, cbor_kind::link);
  return value ? *value->as_link() : cid{};
}

std::span<const std::byte> payload_reader::bytes(std::string_view key, std::size_t max_size) {
  const auto value = required(key, cbor_kind::bytes);
  if (!value)
    return {};
  const auto data = *value->as_bytes();
  if (data.size() > max_size) {
    fail_at(errc::limit, key, value->offset(),
            fmt::format("{} bytes, at most {} are allowed", data.size(), max_size));
  }
  return data;
}

std::optional<cbor_node> payload_reader::array(std::string_view key, std::size_t max_items) {
  const auto value = required(key, cbor_kind::array);
  if (value && value->size() > max_items) {
    fail_at(errc::limit, key, value->offset(),
            fmt::format("{} items, at most {} are allowed", value->size(), max_items));
  }
  return value;
}

std::optional<std::string_view> payload_reader::nullable_text(std::string_view key) {
  const auto value = present(key);
  return value && !value->is(cbor_kind::null) ? text_of(key, *value) : std::nullopt;
}

std::optional<cid> payload_reader::nullable_link(std::string_view key) {
  const auto value = present(key);
  return value && !value->is(cbor_kind::null) ? link_of(key, *value) : std::nullopt;
}

std::optional<std::string_view> payload_reader::optional_text(std::string_view key) {
  const auto value = failure_ ? std::nullopt : map_.find(key);
  return value ? text_of(key, *value) : std::nullopt;
}

std::optional<cid> payload_reader::optional_link(std::string_view key) {
  const auto value = failure_ ? std::nullopt : map_.find(key);
  return value ? link_of(key, *value) : std::nullopt;
}

std::optional<std::string_view> payload_reader::maybe_text(std::string_view key) {
  const auto value = failure_ ? std::nullopt : map_.find(key);
  return value && !value->is(cbor_kind::null) ? text_of(key, *value) : std::nullopt;
}

std::optional<cid> payload_reader::maybe_link(std::string_view key) {
  const auto value = failure_ ? std::nullopt : map_.find(key);
  return value && !value->is(cbor_kind::null) ? link_of(key, *value) : std::nullopt;
}

void payload_reader::refuse(std::string_view key, std::string_view reason) {
  const auto value = map_.find(key);
  fail_at(errc::invalid, key, (value ? *value : map_).offset(), reason);
}

std::optional<cbor_node> payload_reader::present(std::string_view key) {
  if (failure_)
    return std::nullopt;
  const auto value = map_.find(key);
  if (!value)
    fail_at(errc::invalid, key, map_.offset(), "is missing");
  return value;
}

std::optional<cbor_node> payload_reader::required(std::string_view key, cbor_kind kind) {
  const auto value = present(key);
  return value && has_kind(key, *value, kind) ? value : std::nullopt;
}

std::optional<std::string_view> payload_reader::text_of(std::string_view key, cbor_node value) {
  if (!has_kind(key, value, cbor_kind::text))
    return std::nullopt;
  const auto text = value.as_text();
  if (!text)
    fail_at(errc::invalid, key, value.offset(), "is not UTF-8");
  return text;
}

std::optional<cid> payload_reader::link_of(std::string_view key, cbor_node value) {
  if (value.is(cbor_kind::other_link) || !has_kind(key, value, cbor_kind::link))
    return std::nullopt;
  return value.as_link();
}

bool payload_reader::has_kind(std::string_view key, cbor_node value, cbor_kind kind) {
  if (value.is(kind))
    return true;
  fail_at(errc::invalid, key, value.offset(),
          fmt::format("must be {}, is {}", to_string(kind), to_string(value.kind())));
  return false;
}

void payload_reader::fail_at(errc code, std::string_view key, std::size_t offset,
                             std::string_view reason) {
  if (failure_)
    return;
  failure_ = error{
      code, fmt::format("{}: '{}{}' at offset {}: {}", what_, path_, key, base_ + offset, reason)};
}

} // namespace prism::atproto
