#include "atproto/frame/frame_header.hpp"

#include "atproto/cbor/cbor_document.hpp"
#include "atproto/cbor/cbor_head.hpp"

#include <array>
#include <optional>
#include <utility>

namespace prism::atproto {
namespace {

// Unknown keys are ignored, but their number is limited.
constexpr cbor_limits header_limits{
    .max_size = frame_limits::max_frame, .max_nodes = 1024, .max_depth = 64};

constexpr std::string_view method = "com.atproto.sync.subscribeRepos";

constexpr std::int64_t message_op = 1;
constexpr std::int64_t error_op = -1;

// `type` is relative (`#commit`) or in full.
frame_kind kind_of(std::int64_t op, std::string_view type) noexcept {
  constexpr std::array<std::pair<std::string_view, frame_kind>, 5> known{{
      {"#commit", frame_kind::commit},
      {"#identity", frame_kind::identity},
      {"#account", frame_kind::account},
      {"#sync", frame_kind::sync},
      {"#info", frame_kind::info},
  }};
  if (op == error_op)
    return frame_kind::error;
  if (op == message_op) {
    if (type.starts_with(method))
      type.remove_prefix(method.size());
    for (const auto& [name, kind] : known)
      if (name == type)
        return kind;
  }
  return frame_kind::unknown;
}

// The `$type` of a payload, which counts if the header has no `t`; empty if there is none in full.
std::string_view type_in_payload(std::span<const std::byte> input, std::size_t offset) {
  cbor_head map;
  if (read_cbor_head(input, offset, map, cbor_rules::received) != cbor_fault::none ||
      map.major != cbor_major::map)
    return {};
  offset += map.size;
  const auto next = [&]() -> std::optional<std::span<const std::byte>> {
    const std::size_t start = offset;
    if (skip_cbor_item(input, offset, cbor_rules::received) != cbor_fault::none)
      return std::nullopt;
    return input.subspan(start, offset - start);
  };
  for (std::uint64_t i = 0; i < map.argument; ++i) {
    const auto key = next();
    const auto value = key ? next() : key;
    if (!value)
      return {};
    const auto text_of = [](std::span<const std::byte> item) {
      const auto parsed = cbor_document::parse_received(item, bad_texts::keep);
      return parsed ? parsed->root().as_text().value_or("") : std::string_view{};
    };
    if (text_of(*key) == "$type")
      return text_of(*value).starts_with(method) ? text_of(*value) : std::string_view{};
  }
  return {};
}

} // namespace

std::string_view to_string(frame_kind kind) noexcept {
  switch (kind) {
  case frame_kind::commit:
    return "commit";
  case frame_kind::identity:
    return "identity";
  case frame_kind::account:
    return "account";
  case frame_kind::sync:
    return "sync";
  case frame_kind::info:
    return "info";
  case frame_kind::error:
    return "error";
  case frame_kind::unknown:
    break;
  }
  return "unknown";
}

expected<frame_header> read_frame_header(std::span<const std::byte> input) {
  if (input.size() > frame_limits::max_frame) {
    return fail(errc::limit, "frame: {} bytes, at most {} are allowed", input.size(),
                frame_limits::max_frame);
  }
  const auto prefix = cbor_document::parse_prefix(input, header_limits);
  if (!prefix)
    return fail(prefix.error().code, "frame header: {}", prefix.error().message);
  const auto root = prefix->document.root();
  if (!root.is(cbor_kind::map))
    return fail(errc::invalid, "frame header: must be a map, is {}", to_string(root.kind()));
  const auto op = root.find_int("op");
  if (!op)
    return fail(errc::invalid, "frame header: integer 'op' is missing");
  const auto type = root.find("t");
  if (type && !type->as_text()) {
    return fail(errc::invalid, "frame header: 't' at offset {} must be text, is {}", type->offset(),
                to_string(type->kind()));
  }
  auto name = type ? *type->as_text() : std::string_view{};
  if (!type && *op == message_op) {
    name = type_in_payload(input, prefix->consumed);
    if (name.empty())
      return fail(errc::invalid, "frame header: 't' is missing");
  }
  return frame_header{*op, name, kind_of(*op, name), prefix->consumed};
}

} // namespace prism::atproto
