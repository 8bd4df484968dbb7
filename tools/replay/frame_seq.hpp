#pragma once

#include "core/error.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace prism::net {

// The replay server's own view of a frame (event-stream spec, "Framing"): two CBOR items, a header
// and a body, both maps. Independent of atproto/, so that the server of a test does not share bugs
// with the reader under test. Intended for recorded corpora: checks only what memory safety
// requires.

/// What was found in a frame's body; views point into the frame.
struct frame_seq {
  /// Value of the key `seq`; empty where there is none (#info, error frames).
  std::optional<std::int64_t> seq;
  /// Position of its encoding.
  std::size_t offset{0};
  std::size_t length{0};
  /// Value of `repo` (#commit) or `did` (all others); empty where there is none.
  std::string_view repo;
};

/// Finds the sequence number and the repository of a frame. Error: `errc::invalid` naming the
/// offset where the frame is not what the spec says.
[[nodiscard]] expected<frame_seq> find_seq(std::span<const std::byte> frame);

/// The frame with another sequence number, encoded in the shortest form as DAG-CBOR requires, and
/// all other bytes unchanged. A frame without one is returned unchanged.
/// @param seq 0 or more. Errors: as `find_seq`.
[[nodiscard]] expected<std::vector<std::byte>> with_seq(std::span<const std::byte> frame,
                                                        std::int64_t seq);

} // namespace prism::net
