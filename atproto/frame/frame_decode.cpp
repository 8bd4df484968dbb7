#include "atproto/cbor/cbor_document.hpp"
#include "atproto/cbor/payload_reader.hpp"
#include "atproto/frame/frame_header.hpp"

#include <algorithm>

namespace prism::atproto {
namespace {

// Ten times what the ops of the largest commit need; the rest allows for unknown fields.
constexpr cbor_limits payload_limits{
    .max_size = frame_limits::max_frame, .max_nodes = 32'768, .max_depth = 64};

repo_action action_of(std::string_view name) noexcept {
  for (const auto action : {repo_action::create, repo_action::update, repo_action::remove})
    if (to_string(action) == name)
      return action;
  return repo_action::other;
}

// Repository paths have exactly two segments (repository spec, "Repo Data Structure"); the record
// key of another path is not a valid one.
void split_path(repo_op& op) {
  const std::size_t slash = std::min(op.path.find('/'), op.path.size());
  op.collection = op.path.substr(0, slash);
  op.rkey = op.path.substr(std::min(slash + 1, op.path.size()));
}

repo_op decode_op(payload_reader& in) {
  repo_op op{};
  op.action = action_of(in.unchecked_text("action"));
  op.path = in.unchecked_text("path");
  split_path(op);
  op.record = in.nullable_link("cid");
  op.prev = in.optional_link("prev");
  return op;
}

std::vector<repo_op> decode_ops(payload_reader& in) {
  std::vector<repo_op> ops;
  const auto list = in.array("ops", frame_limits::max_ops);
  if (!list || in.failed())
    return ops;
  ops.reserve(list->size());
  for (const auto item : list->items()) {
    auto op = in.inner(item, "ops", ops.size());
    ops.push_back(decode_op(op));
    in.adopt(op);
  }
  return ops;
}

// Nobody needs them, but the lexicon and so the reference wants them.
void check_deprecated_fields(payload_reader& in) {
  (void)in.boolean("rebase");
  const auto blobs = in.array("blobs", payload_limits.max_nodes);
  if (blobs && !std::ranges::all_of(blobs->items(),
                                    [](auto blob) { return blob.as_any_link().has_value(); }))
    in.refuse("blobs", "must have links only");
}

expected<frame> decode_commit(payload_reader& in) {
  check_deprecated_fields(in);
  commit_frame out{
      .seq = in.positive("seq"),
      .repo = in.text("repo"),
      .rev = in.text("rev"),
      .since = in.nullable_text("since"),
      .time = in.text("time"),
      .commit = in.link("commit"),
      .prev_data = in.optional_link("prevData"),
      .too_big = in.boolean("tooBig"),
      .ops = decode_ops(in),
      .blocks = in.bytes("blocks", frame_limits::max_commit_blocks),
  };
  return in.finish(frame{std::move(out)});
}

expected<frame> decode_identity(payload_reader& in) {
  return in.finish(frame{identity_frame{
      .seq = in.positive("seq"),
      .did = in.text("did"),
      .time = in.text("time"),
      .handle = in.optional_text("handle"),
  }});
}

expected<frame> decode_account(payload_reader& in) {
  return in.finish(frame{account_frame{
      .seq = in.positive("seq"),
      .did = in.text("did"),
      .time = in.text("time"),
      .active = in.boolean("active"),
      .status = in.optional_text("status"),
  }});
}

expected<frame> decode_sync(payload_reader& in) {
  return in.finish(frame{sync_frame{
      .seq = in.positive("seq"),
      .did = in.text("did"),
      .rev = in.text("rev"),
      .time = in.text("time"),
      .blocks = in.bytes("blocks", frame_limits::max_sync_blocks),
  }});
}

expected<frame> decode_info(payload_reader& in) {
  return in.finish(frame{info_frame{
      .name = in.text("name"),
      .message = in.maybe_text("message"),
  }});
}

expected<frame> decode_error(payload_reader& in) {
  return in.finish(frame{error_frame{
      .error = in.text("error"),
      .message = in.maybe_text("message"),
  }});
}

std::string_view title(frame_kind kind) noexcept {
  switch (kind) {
  case frame_kind::commit:
    return "frame #commit";
  case frame_kind::identity:
    return "frame #identity";
  case frame_kind::account:
    return "frame #account";
  case frame_kind::sync:
    return "frame #sync";
  case frame_kind::info:
    return "frame #info";
  case frame_kind::error:
    return "error frame";
  case frame_kind::unknown:
    break;
  }
  return "unknown frame";
}

} // namespace

std::string_view to_string(repo_action action) noexcept {
  switch (action) {
  case repo_action::create:
    return "create";
  case repo_action::update:
    return "update";
  case repo_action::remove:
    return "delete";
  case repo_action::other:
    break;
  }
  return "other";
}

expected<frame> decode_frame(std::span<const std::byte> input) {
  const auto header = read_frame_header(input);
  if (!header)
    return tl::unexpected(header.error());
  const auto document =
      cbor_document::parse_received(input.subspan(header->size), bad_texts::keep, payload_limits);
  if (!document) {
    return fail(document.error().code, "{}, payload from offset {}: {}", title(header->kind),
                header->size, document.error().message);
  }
  const auto root = document->root();
  payload_reader in{root, title(header->kind), header->size};
  switch (header->kind) {
  case frame_kind::commit:
    return decode_commit(in);
  case frame_kind::identity:
    return decode_identity(in);
  case frame_kind::account:
    return decode_account(in);
  case frame_kind::sync:
    return decode_sync(in);
  case frame_kind::info:
    return decode_info(in);
  case frame_kind::error:
    return decode_error(in);
  case frame_kind::unknown:
    break;
  }
  return in.finish(
      frame{unknown_frame{header->op, header->type, root.find_int("seq").value_or(-1)}});
}

} // namespace prism::atproto
