#include "atproto/lexicon/lexicon_blob.hpp"

#include <algorithm>

namespace prism::atproto::detail {

namespace {

std::optional<blob_view> read_legacy_blob(cbor_node value) noexcept {
  const auto mime_type = value.find_text("mimeType");
  const auto id = value.find_text("cid");
  if (value.size() != 2 || !mime_type || mime_type->empty() || !id || !cid::parse(*id))
    return std::nullopt;
  return blob_view{*mime_type, std::nullopt};
}

// The reference looks at version and codec of the link, not at its hash.
bool is_raw(cbor_node ref) noexcept {
  const auto id = ref.as_any_link();
  return id && id->size() > 2 && (*id)[0] == std::byte{1} &&
         (*id)[1] == static_cast<std::byte>(cid_codec::raw);
}

} // namespace

std::optional<blob_view> read_blob(cbor_node value) noexcept {
  if (!value.find("$type"))
    return read_legacy_blob(value);
  constexpr std::int64_t max_safe_integer = (std::int64_t{1} << 53U) - 1;
  const auto mime_type = value.find_text("mimeType");
  const auto size = value.find_int("size");
  const auto ref = value.find("ref");
  const bool complete =
      value.size() == 4 && value.find_text("$type") == "blob" && mime_type && size && ref;
  if (!complete || mime_type->find('/') == std::string_view::npos || *size < 0 ||
      *size > max_safe_integer || !is_raw(*ref))
    return std::nullopt;
  return blob_view{*mime_type, *size};
}

bool is_accepted(std::string_view mime_type, std::span<const std::string> accept) noexcept {
  return accept.empty() || std::ranges::any_of(accept, [mime_type](std::string_view accepted) {
           if (accepted == "*/*" || accepted == mime_type)
             return true;
           return accepted.ends_with("/*") &&
                  mime_type.starts_with(accepted.substr(0, accepted.size() - 1));
         });
}

} // namespace prism::atproto::detail
