#pragma once

#include "repository.hpp"

/// The messages of `com.atproto.sync.subscribeRepos`.
namespace prism::synth {

/// Fields of every message.
struct envelope {
  std::int64_t seq;
  std::string_view did;
  micros time;
};

using frame = std::vector<std::byte>;

[[nodiscard]] frame commit_frame(const envelope& of, const commit& made,
                                 const std::vector<operation>& operations);
[[nodiscard]] frame sync_frame(const envelope& of, const commit& made);
[[nodiscard]] frame identity_frame(const envelope& of, std::string_view handle);
/// @param status empty: active.
[[nodiscard]] frame account_frame(const envelope& of, std::string_view status);

/// 2024-11-23T12:00:00.000Z
[[nodiscard]] std::string iso_text(micros time);

} // namespace prism::synth
