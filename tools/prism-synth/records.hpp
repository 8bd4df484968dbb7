#pragma once

#include "atproto/cbor/cid.hpp"
#include "atproto/records/collection.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace prism::synth {

/// Microseconds since 1970; all times here are whole milliseconds.
using micros = std::int64_t;

/// A reference to one version of a record.
struct strong_ref {
  std::string uri;
  std::string cid;
};

/// Who may reply in a thread besides its author.
struct reply_rules {
  bool mentioned{false};
  bool followers{false};
  bool followed{false};
  std::vector<std::string> lists; ///< at-uris
};

/// Content of a record. Which members are used depends on the kind.
struct record {
  atproto::collection kind{};
  micros created_at{0};
  std::string created_text;               ///< as it is written
  std::string text;                       ///< post; name of a profile or list
  std::string description;                ///< profile, list
  std::vector<std::string> langs;         ///< post
  std::vector<std::string> mentions;      ///< post: DIDs
  std::optional<strong_ref> reply_root;   ///< post
  std::optional<strong_ref> reply_parent; ///< post
  std::optional<strong_ref> quoted;       ///< post
  std::optional<strong_ref> subject;      ///< like, repost
  std::string subject_did;                ///< follow, block, list item
  std::string list;                       ///< list item, list block: at-uri
  std::string gated_post;                 ///< gates: at-uri
  std::optional<reply_rules> rules;       ///< thread gate
  bool embedding_disabled{false};         ///< post gate
};

/// The record's block, canonical DAG-CBOR.
[[nodiscard]] std::vector<std::byte> encode(const record& what);

[[nodiscard]] std::string uri_of(std::string_view did, atproto::collection kind,
                                 std::string_view rkey);

} // namespace prism::synth
