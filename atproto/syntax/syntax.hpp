#pragma once

#include <cstddef>
#include <string_view>

/// The string formats of the lexicon language, one predicate each; `tid.hpp`, `datetime.hpp` and
/// `syntax_at_uri.hpp` have those that are also parsed. All are pure, linear in the input, and safe
/// from any thread.
///
/// Where the specification leaves room, the rule is the one of the official AppView (its package
/// @atproto/syntax/syntax 0.7), because Prism must reject what it rejects.
namespace prism::atproto {

inline constexpr std::size_t max_did_bytes = 2048;

/// `did:method:identifier` (DID spec, "AT Protocol DID Identifier Syntax"): at most 2048 bytes, a
/// method of lower-case letters, and an identifier that ends neither in ':' nor '%'. Any method,
/// whether or not it can be resolved.
[[nodiscard]] bool is_valid_did(std::string_view text) noexcept;

/// A domain name of two or more labels, at most 253 bytes, whose last label begins with a letter
/// (handle spec, "Handle Identifier Syntax"). Reserved top-level domains are not refused.
[[nodiscard]] bool is_valid_handle(std::string_view text) noexcept;

/// A DID or a handle.
[[nodiscard]] bool is_valid_at_identifier(std::string_view text) noexcept;

/// A domain authority in reverse order and a name (NSID spec, "NSID Syntax"): three or more
/// segments, at most 317 bytes, the name of letters and digits only.
[[nodiscard]] bool is_valid_nsid(std::string_view text) noexcept;

/// 1 to 512 of `A-Za-z0-9.-_:~`, but neither `.` nor `..` (record key spec, "Record Key Syntax").
[[nodiscard]] bool is_valid_record_key(std::string_view text) noexcept;

/// A well-formed BCP 47 language tag (RFC 5646 section 2.1) with a lower-case primary language of
/// two or three letters, no variant or extension twice; or a grandfathered or private-use tag.
[[nodiscard]] bool is_valid_language(std::string_view text) noexcept;

/// `scheme:rest` without white space. The AppView's rule, which is both looser and stricter than
/// RFC 3986: the scheme is letters, digits and underscores only, the rest is anything but empty or
/// another slash, and there is no limit of length. `text` must be UTF-8.
[[nodiscard]] bool is_valid_uri(std::string_view text) noexcept;

/// The text of a CID of any codec and hash: CIDv1 in base32 (multibase `b`) or CIDv0, at most 128
/// bytes. Looser than `cid::parse`, which takes only the CIDs that atproto itself makes: a `cid`
/// string in a record may name other data. Other multibases are refused, as the AppView does.
[[nodiscard]] bool is_valid_cid_string(std::string_view text) noexcept;

} // namespace prism::atproto
