#pragma once

#include "tools/replay/corpus_file.hpp"
#include "tools/replay/frame_seq.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace prism::net::test {

using bytes = std::vector<std::byte>;

inline bytes from_text(std::string_view text) {
  bytes result;
  for (const char c : text)
    result.push_back(static_cast<std::byte>(c));
  return result;
}

/// A CBOR head with its argument in eight bytes, or in the initial byte where it fits.
inline void append_head(bytes& out, unsigned type, std::uint64_t argument) {
  if (argument < 24) {
    out.push_back(static_cast<std::byte>(type << 5 | argument));
    return;
  }
  out.push_back(static_cast<std::byte>(type << 5 | 27));
  for (int shift = 56; shift >= 0; shift -= 8)
    out.push_back(static_cast<std::byte>(argument >> shift));
}

inline void append_text(bytes& out, std::string_view text) {
  append_head(out, 3, text.size());
  const auto content = from_text(text);
  out.insert(out.end(), content.begin(), content.end());
}

/// A #commit with the relevant keys and `padding` bytes as its blocks.
inline frame_bytes make_frame(std::int64_t seq, std::string_view repo, std::size_t padding = 100) {
  bytes out;
  append_head(out, 5, 2);
  append_text(out, "t");
  append_text(out, "#commit");
  append_text(out, "op");
  append_head(out, 0, 1);
  append_head(out, 5, 3);
  append_text(out, "seq");
  append_head(out, 0, static_cast<std::uint64_t>(seq));
  append_text(out, "repo");
  append_text(out, repo);
  append_text(out, "blocks");
  append_head(out, 2, padding);
  out.resize(out.size() + padding, std::byte{0x55});
  return std::make_shared<const bytes>(std::move(out));
}

/// Frames with seq 1..count, of several repositories in turn.
inline corpus make_corpus(std::size_t count, std::size_t padding = 100) {
  corpus frames;
  for (std::size_t i = 1; i <= count; ++i)
    frames.push_back(
        make_frame(static_cast<std::int64_t>(i), "did:plc:" + std::to_string(i % 7), padding));
  return frames;
}

inline std::vector<bytes> contents(const corpus& frames) {
  std::vector<bytes> result;
  for (const auto& frame : frames)
    result.push_back(*frame);
  return result;
}

/// The seq of a frame; -1 if it has none or is not a frame.
inline std::int64_t seq_of(const bytes& frame) {
  const auto found = find_seq(frame);
  return found ? found->seq.value_or(-1) : -1;
}

/// Base path of the bundled sample.
inline std::string sample_base() {
  return PRISM_SOURCE_DIR "/sample/small";
}

} // namespace prism::net::test
