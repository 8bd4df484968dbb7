#pragma once

#include "records.hpp"

#include <fmt/format.h>

namespace prism::synth {

/// The DID in an at-uri.
[[nodiscard]] inline std::string_view did_of(std::string_view uri) {
  uri.remove_prefix(std::string_view{"at://"}.size());
  return uri.substr(0, uri.find('/'));
}

/// The uri of a post's gate, which has the post's rkey.
[[nodiscard]] inline std::string gate_of(std::string_view post, atproto::collection kind) {
  return uri_of(did_of(post), kind, post.substr(post.rfind('/') + 1));
}

[[nodiscard]] inline std::string pair_of(std::string_view first, std::string_view second) {
  return fmt::format("{} {}", first, second);
}

} // namespace prism::synth
