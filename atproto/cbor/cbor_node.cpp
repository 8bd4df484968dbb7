#include "atproto/cbor/cbor_node.hpp"

#include "atproto/cbor/cbor_head.hpp"
#include "atproto/text/utf8.hpp"

namespace prism::atproto {

namespace {

// Of an item that the parser has accepted.
cbor_head head_of(std::span<const std::byte> item) noexcept {
  cbor_head head;
  (void)read_cbor_head(item, 0, head, cbor_rules::received);
  return head;
}

} // namespace

std::string_view to_string(cbor_kind kind) noexcept {
  switch (kind) {
  case cbor_kind::null:
    return "null";
  case cbor_kind::boolean:
    return "boolean";
  case cbor_kind::integer:
    return "integer";
  case cbor_kind::bytes:
    return "bytes";
  case cbor_kind::text:
    return "text";
  case cbor_kind::link:
    return "link";
  case cbor_kind::array:
    return "array";
  case cbor_kind::map:
    return "map";
  case cbor_kind::number:
    return "float";
  case cbor_kind::big_integer:
    return "integer beyond 64 bits";
  case cbor_kind::other_link:
    return "link of another format";
  }
  return "unknown";
}

std::optional<bool> cbor_node::as_bool() const noexcept {
  if (!is(cbor_kind::boolean))
    return std::nullopt;
  return input_[entry_->begin] == std::byte{0xF5};
}

std::optional<std::int64_t> cbor_node::as_int() const noexcept {
  if (!is(cbor_kind::integer))
    return std::nullopt;
  const auto head = head_of(raw());
  if (head.is_float())
    return static_cast<std::int64_t>(float_of(head));
  const auto magnitude = static_cast<std::int64_t>(head.argument);
  return head.major == cbor_major::uint ? magnitude : -1 - magnitude;
}

std::optional<std::span<const std::byte>> cbor_node::as_bytes() const noexcept {
  if (!is(cbor_kind::bytes))
    return std::nullopt;
  return content();
}

std::optional<std::string_view> cbor_node::as_text() const noexcept {
  if (is(cbor_kind::text) && entry_->count == detail::text_form::invalid)
    return std::nullopt;
  return as_unchecked_text();
}

std::optional<std::string_view> cbor_node::as_unchecked_text() const noexcept {
  if (!is(cbor_kind::text))
    return std::nullopt;
  const auto data = content();
  std::string_view text{reinterpret_cast<const char*>(data.data()), data.size()};
  if (entry_->count == detail::text_form::marked)
    text.remove_prefix(byte_order_mark.size());
  return text;
}

std::optional<cid> cbor_node::as_link() const noexcept {
  if (!is(cbor_kind::link))
    return std::nullopt;
  // The parser has accepted it, so this cannot fail.
  return *cid::from_received_bytes(raw().last(cid::size));
}

std::optional<double> cbor_node::as_number() const noexcept {
  if (is(cbor_kind::integer))
    return static_cast<double>(*as_int());
  return is(cbor_kind::number) ? std::optional{float_of(head_of(raw()))} : std::nullopt;
}

std::optional<std::span<const std::byte>> cbor_node::as_any_link() const noexcept {
  if (!is(cbor_kind::link) && !is(cbor_kind::other_link))
    return std::nullopt;
  const auto tag = head_of(raw());
  const auto tagged = raw().subspan(tag.size);
  return tagged.subspan(head_of(tagged).size + 1U); // behind the zero that every link begins with
}

cbor_items cbor_node::items() const noexcept {
  return cbor_items{*this};
}

cbor_pairs cbor_node::pairs() const noexcept {
  return cbor_pairs{*this};
}

std::optional<cbor_node> cbor_node::find(std::string_view key) const noexcept {
  for (const auto [name, value] : pairs())
    if (name == key)
      return value;
  return std::nullopt;
}

std::optional<std::int64_t> cbor_node::find_int(std::string_view key) const noexcept {
  const auto value = find(key);
  return value ? value->as_int() : std::nullopt;
}

std::optional<std::span<const std::byte>>
cbor_node::find_bytes(std::string_view key) const noexcept {
  const auto value = find(key);
  return value ? value->as_bytes() : std::nullopt;
}

std::optional<std::string_view> cbor_node::find_text(std::string_view key) const noexcept {
  const auto value = find(key);
  return value ? value->as_text() : std::nullopt;
}

std::optional<cid> cbor_node::find_link(std::string_view key) const noexcept {
  const auto value = find(key);
  return value ? value->as_link() : std::nullopt;
}

std::span<const std::byte> cbor_node::content() const noexcept {
  return raw().subspan(head_of(raw()).size);
}

cbor_pair cbor_pairs::iterator::operator*() const noexcept {
  return {*cbor_node{entry_, input_}.as_unchecked_text(), {entry_ + 1, input_}};
}

} // namespace prism::atproto
