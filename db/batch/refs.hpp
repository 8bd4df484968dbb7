#pragma once

#include "atproto/records/collection.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace prism::db {

/// Index into a batch's table of DIDs or of uris; a batch is built before ids are known.
using did_ref = std::uint32_t;
using uri_ref = std::uint32_t;
inline constexpr std::uint32_t no_ref = UINT32_MAX;

/// The parts of an at-uri, as views into its text. `uri_text` puts them together to the same bytes,
/// even if the uri is not canonical.
struct uri_parts {
  std::string_view did;                                 ///< empty: `rkey` is the whole text
  atproto::collection kind{atproto::collection::other}; ///< `other`: `rkey` is "collection/rkey"
  std::string_view rkey;
};
[[nodiscard]] uri_parts split_uri(std::string_view text) noexcept;

/// Greatest size of `uri_parts::rkey` that the index of `uris` can hold, in bytes. Only uris with a
/// fragment come near it.
inline constexpr std::size_t max_uri_rkey = 2600;

/// A row of `uris` before it has an id: `uri_parts` with a ref in place of the DID.
struct uri_key {
  did_ref repo{no_ref};                                 ///< `no_ref`: `rkey` holds the whole text
  atproto::collection kind{atproto::collection::other}; ///< `other`: `rkey` holds "collection/rkey"
  std::string rkey;
};

/// The DIDs and uris that a batch refers to, each once. Plain value, no I/O.
class ref_tables {
public:
  /// The ref of a DID, added if new.
  did_ref did(std::string_view text);
  /// The ref of an at-uri in any spelling, added if new together with its DID.
  uri_ref uri(std::string_view text);
  /// The ref of the record at a path of a repo, added if new.
  uri_ref path(did_ref repo, atproto::collection kind, std::string_view rkey);

  [[nodiscard]] const std::vector<std::string>& dids() const noexcept { return dids_; }
  [[nodiscard]] const std::vector<uri_key>& uris() const noexcept { return uris_; }

private:
  std::vector<std::string> dids_;
  std::vector<uri_key> uris_;
  std::unordered_map<std::string, did_ref> did_index_;
  std::unordered_map<std::string, uri_ref> uri_index_;
};

/// The at-uri of a row of `uris`.
/// @param did the repo's DID; empty for repo 0.
[[nodiscard]] std::string uri_text(std::string_view did, atproto::collection kind,
                                   std::string_view rkey);

} // namespace prism::db
