#include "actors/status_page/page_policy.hpp"

#include "atproto/crypto/sha256.hpp"
#include "atproto/text/base64.hpp"

#include <fmt/format.h>
#include <span>

namespace prism {

namespace {

/// The text between `<tag>` and `</tag>`; empty: there is none.
[[nodiscard]] std::string_view inside(std::string_view html, std::string_view tag) {
  const auto begin = html.find(fmt::format("<{}>", tag));
  const auto end = html.find(fmt::format("</{}>", tag));
  if (begin == std::string_view::npos || end == std::string_view::npos)
    return {};
  const auto first = begin + tag.size() + 2;
  return html.substr(first, end - first);
}

/// As the policy writes it: 32 bytes are 43 characters and one of padding.
[[nodiscard]] std::string hash_of(std::string_view text) {
  const auto digest = atproto::sha256(std::as_bytes(std::span{text}));
  return fmt::format("'sha256-{}='", atproto::base64_encode(digest));
}

} // namespace

std::string page_policy(std::string_view html) {
  return fmt::format("default-src 'none'; script-src {}; style-src {}; img-src data:; "
                     "connect-src 'self'; base-uri 'none'; form-action 'none'; "
                     "frame-ancestors 'none'",
                     hash_of(inside(html, "script")), hash_of(inside(html, "style")));
}

} // namespace prism
