#include "atproto/frame/frame_header.hpp"

#include "atproto/cbor/cbor_document.hpp"

#include <array>
#include <utility>

namespace prism::atproto {
namespace {

// Unknown keys are ignored, but their number is limited.
constexpr cbor_limits header_limits{
    .max_size = frame_limits::max_frame, .max_nodes = 64, .max_depth = 4};

constexpr std::int64_t message_op = 1;
constexpr std::int64_t error_op = -1;

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
    for (const auto& [name, kind] : known)
      if (name == type)
        return kind;
  }
  return frame_kind::unknown;
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
  if (type && !type->is(cbor_kind::text)) {
    return fail(errc::invalid, "frame header: 't' at offset {} must be text, is {}", type->offset(),
                to_string(type->kind()));
  }
  if (!type && *op == message_op)
    return fail(errc::invalid, "frame header: 't' is missing");
  const auto name = type ? *type->as_text() : std::string_view{};
  return frame_header{*op, name, kind_of(*op, name), prefix->consumed};
}

} // namespace prism::atproto
