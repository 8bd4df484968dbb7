#include "db/refs.hpp"

#include <fmt/format.h>

namespace prism::db {

using atproto::collection;

namespace {

constexpr std::string_view scheme = "at://";

[[nodiscard]] std::string index_key(std::uint32_t repo, collection kind, std::string_view rkey) {
  return fmt::format("{}/{}/{}", repo, static_cast<int>(kind), rkey);
}

// Only a DID that is stored as it is written may become a user: others keep the whole uri as text.
[[nodiscard]] bool names_a_did(std::string_view authority) {
  return authority.starts_with("did:") && authority.size() > 8 && authority.size() <= 2048;
}

} // namespace

did_ref ref_tables::did(std::string_view text) {
  const auto [at, added] =
      did_index_.try_emplace(std::string{text}, static_cast<did_ref>(dids_.size()));
  if (added)
    dids_.emplace_back(text);
  return at->second;
}

uri_ref ref_tables::path(did_ref repo, collection kind, std::string_view rkey) {
  const auto [at, added] =
      uri_index_.try_emplace(index_key(repo, kind, rkey), static_cast<uri_ref>(uris_.size()));
  if (added)
    uris_.push_back(uri_key{repo, kind, std::string{rkey}});
  return at->second;
}

uri_ref ref_tables::uri(std::string_view text) {
  if (text.starts_with(scheme)) {
    const auto rest = text.substr(scheme.size());
    const auto slash = rest.find('/');
    const auto authority = rest.substr(0, slash);
    if (slash != std::string_view::npos && names_a_did(authority)) {
      const auto path_text = rest.substr(slash + 1);
      const auto second = path_text.find('/');
      if (second != std::string_view::npos) {
        const auto kind = atproto::collection_of(path_text.substr(0, second));
        const auto rkey = path_text.substr(second + 1);
        if (kind != collection::other && !rkey.empty() && rkey.find('/') == std::string_view::npos)
          return path(did(authority), kind, rkey);
      }
      return path(did(authority), collection::other, path_text);
    }
  }
  return path(no_ref, collection::other, text);
}

std::string uri_text(std::string_view did, collection kind, std::string_view rkey) {
  if (did.empty())
    return std::string{rkey};
  if (kind == collection::other)
    return fmt::format("{}{}/{}", scheme, did, rkey);
  return fmt::format("{}{}/{}/{}", scheme, did, atproto::nsid_of(kind), rkey);
}

} // namespace prism::db
