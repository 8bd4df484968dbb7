#pragma once

#include "atproto/crypto/did_key.hpp"
#include "atproto/identity/published_identity.hpp"
#include "core/error.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace prism::atproto {

/// The parts of a DID document that atproto uses (DID spec, "DID Documents"). Absent and unusable
/// parts are `nullopt`; a document without any of them is valid, but its account does not function.
/// What is taken and what is refused is as in the reference: docs/DECODING.md.
struct did_document {
  /// The `id`, always a valid DID.
  std::string did;

  /// The first `at://` entry of `alsoKnownAs`, in lower case, if it is a valid handle. It is
  /// unconfirmed until the handle resolves to the DID.
  std::optional<std::string> handle;

  /// The key of verification method `#atproto`, which signs commits; empty if it cannot be read.
  std::optional<public_key> signing_key;

  /// The endpoint of service `#atproto_pds`, type `AtprotoPersonalDataServer`: text that begins
  /// like an http(s) URL with a host, as written. Untrusted: guard requests to it accordingly.
  std::optional<std::string> pds;

  /// All its keys and services, as the official AppView reads them.
  published_identity published;

  /// Maximum size of a document in bytes. A full PLC document has about 2 KiB.
  static constexpr std::size_t max_size = std::size_t{512} << 10U;

  /// Parses the JSON text of a document, which may have byte order marks before it. Unknown members
  /// are ignored.
  /// @returns `errc::limit` if too large; `errc::invalid` on broken JSON, without a valid `id`, or
  /// if a member that DID documents have is of another type.
  [[nodiscard]] static expected<did_document> parse(std::string_view text);
};

} // namespace prism::atproto
