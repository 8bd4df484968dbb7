#include "atproto/lexicon/lexicon_blob.hpp"

#include <algorithm>

namespace prism::atproto::detail {

std::optional<blob_view> read_blob(cbor_node value) noexcept {
  constexpr std::int64_t max_safe_integer = (std::int64_t{1} << 53U) - 1;
  const auto mime_type = value.find_text("mimeType");
  const auto size = value.find_int("size");
  const auto ref = value.find_link("ref");
  const bool complete =
      value.size() == 4 && value.find_text("$type") == "blob" && mime_type && size && ref;
  if (!complete || mime_type->find('/') == std::string_view::npos || *size < 0 ||
      *size > max_safe_integer || ref->codec() != cid_codec::raw)
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
