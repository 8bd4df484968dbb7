#pragma once

#include "core/error.hpp"
#include "messages/types.hpp"
#include "net/link/links.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

/// What nodes say to each other (docs/CLUSTER.md). A head has "kind"; every message about a shard
/// has its shard token, and the receiver drops it unless that is the token it knows. Any thread.
namespace prism {

/// leader → node with the shard: frames for it, a part that `cut` made.
struct linked_frames {
  std::size_t shard{0};
  std::int64_t token{0};
  frame_batch batch;
};
/// leader → node with the shard: `advance_to`.
struct linked_advance {
  std::size_t shard{0};
  std::int64_t token{0};
  advance_to target;
};
/// leader → node with the shard: `firehose_started`.
struct linked_firehose_started {
  std::size_t shard{0};
  std::int64_t token{0};
};
/// node with the shard → leader: `shard_ready`.
struct linked_shard_ready {
  std::int64_t token{0};
  shard_ready ready;
};
/// node with the shard → leader: `frames_durable`.
struct linked_durable {
  std::int64_t token{0};
  frames_durable report;
};
/// node with the shard → leader: this many bytes of frames, counted as the payload of messages,
/// have left its memory, and may be sent again. The first one of a link (`whole`) says how many at
/// all.
struct linked_credit {
  std::uint64_t bytes{0};
  bool whole{false};
};
/// Any node → all: the table has changed. Saves the receiver the wait for its next round.
struct linked_table_changed {
  std::int64_t view{0};
};

using linked_message =
    std::variant<linked_frames, linked_advance, linked_firehose_started, linked_shard_ready,
                 linked_durable, linked_credit, linked_table_changed>;

/// The message on the wire; its payload shares the bytes of the frames.
[[nodiscard]] net::link_message encode(const linked_message& message);

/// Reads a message, and copies the bytes of frames. Does not throw. Error: `errc::invalid`, naming
/// what is wrong; `errc::not_found` for a kind that this version does not know, which is to be
/// dropped and counted.
/// @param received when it came: the time of arrival of its frames.
[[nodiscard]] expected<linked_message>
decode(const boost::json::object& head, std::span<const std::byte> payload, time_point received);

/// Cuts a batch so that each part fits into one message: at most `net::link_limits::max_group`
/// bytes, or one frame, and few enough for the head. In order; the parts share the bytes of the
/// frames.
[[nodiscard]] std::vector<frame_batch> cut(const frame_batch& batch);

/// Bytes of a batch's frames.
[[nodiscard]] std::size_t bytes_of(const frame_batch& batch) noexcept;

} // namespace prism
