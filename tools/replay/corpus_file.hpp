#pragma once

#include "core/error.hpp"
#include "core/frame_bytes.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace prism::net {

/// A recorded firehose in memory: its messages in the order in which they were received.
using corpus = std::vector<frame_bytes>;

/// Limits of a corpus file, so that a wrong file is an error and does not exhaust memory.
struct corpus_limits {
  /// Bytes of one message.
  std::size_t frame_bytes{std::size_t{64} << 20};
  /// Bytes of all messages together.
  std::size_t total_bytes{std::size_t{4} << 30};
};

/// Reads PATH, a zstd stream of [u32 big-endian length][message]… as in sample/small.frames.zst.
/// Errors: `errc::not_found` or `errc::io` (file), `errc::invalid` (not zstd, cut short, trailing
/// bytes), `errc::limit`; each names the path and the number of the frame.
[[nodiscard]] expected<corpus> read_corpus(const std::string& path,
                                           const corpus_limits& limits = {});

} // namespace prism::net
