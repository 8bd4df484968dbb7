#pragma once

#include "core/error.hpp"

#include <string_view>

namespace prism::atproto {

/// An AT URI (at-uri-scheme spec, "Restricted AT URI Syntax", with the optional fragment that the
/// AppView admits): `at://AUTHORITY[/COLLECTION[/RKEY]][#/FRAGMENT]`. The views point into the
/// text it was parsed from; absent parts are empty, which no present part can be.
struct at_uri {
  std::string_view authority;  ///< a valid DID or handle
  std::string_view collection; ///< a valid NSID, or empty
  std::string_view rkey;       ///< a valid record key, or empty
  std::string_view fragment;   ///< a JSON pointer, percent-encoding kept, or empty

  /// Bytes of the longest URI that is accepted.
  static constexpr std::size_t max_size = 8192;

  /// Parses strictly: no query, no trailing slash, no percent-encoding in the path.
  /// @returns `errc::limit` if too long, else `errc::invalid` naming the part that is wrong.
  [[nodiscard]] static expected<at_uri> parse(std::string_view text);
};

/// Whether `at_uri::parse` would succeed, at no cost for the error.
[[nodiscard]] bool is_valid_at_uri(std::string_view text) noexcept;

} // namespace prism::atproto
