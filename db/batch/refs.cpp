#include "db/batch/refs.hpp"

#include "atproto/syntax/syntax.hpp"

#include <fmt/format.h>

namespace prism::db {

using atproto::collection;

namespace {

constexpr std::string_view scheme = "at://";

[[nodiscard]] std::string index_key(std::uint32_t repo, collection kind, std::string_view rkey) {
  return fmt::format("{}/{}/{}", repo, static_cast<int>(kind), rkey);
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
  const auto parts = split_uri(text);
  return path(parts.did.empty() ? no_ref : did(parts.did), parts.kind, parts.rkey);
}

uri_parts split_uri(std::string_view text) noexcept {
  const uri_parts whole{{}, collection::other, text};
  if (!text.starts_with(scheme))
    return whole;
  const auto rest = text.substr(scheme.size());
  const auto slash = rest.find('/');
  const auto authority = rest.substr(0, slash);
  if (slash == std::string_view::npos || !atproto::is_valid_did(authority))
    return whole;
  const auto path = rest.substr(slash + 1);
  const auto second = path.find('/');
  if (second == std::string_view::npos)
    return {authority, collection::other, path};
  const auto kind = atproto::collection_of(path.substr(0, second));
  const auto rkey = path.substr(second + 1);
  if (kind == collection::other || rkey.empty() || rkey.find('/') != std::string_view::npos)
    return {authority, collection::other, path};
  return {authority, kind, rkey};
}

std::string uri_text(std::string_view did, collection kind, std::string_view rkey) {
  if (did.empty())
    return std::string{rkey};
  if (kind == collection::other)
    return fmt::format("{}{}/{}", scheme, did, rkey);
  return fmt::format("{}{}/{}/{}", scheme, did, atproto::nsid_of(kind), rkey);
}

} // namespace prism::db
