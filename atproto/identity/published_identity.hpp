#pragma once

#include <cstddef>
#include <string>

namespace boost::json {
class object;
}

namespace prism::atproto {

/// What a DID document says of its DID, in the form in which the official AppView reads it
/// (`GetIdentityByDid`), or that there is no document. Bounded, whatever the document holds. All
/// texts are UTF-8 without NUL characters.
struct published_identity {
  /// Bytes of `keys` and of `services`, each about. All that the PLC directory takes fits.
  static constexpr std::size_t max_json = 8'192;
  /// Entries of each.
  static constexpr std::size_t max_entries = 64;
  /// Bytes of `handle`.
  static constexpr std::size_t max_handle = 253;

  /// False: the DID has no document, for certain. Then all others are empty.
  bool exists{false};
  /// The first `at://` entry of `alsoKnownAs` without its scheme, as written: neither a valid
  /// handle nor confirmed. Empty if there is none.
  std::string handle{};
  /// `{"atproto":{"Type":…,"PublicKeyMultibase":…}}`: the verification methods by the part of their
  /// id behind `#`, whether the id is written in full or not; a later one of the same id replaces
  /// an earlier one. Entries without that part are no keys. A method without `publicKeyMultibase`
  /// has an empty one.
  std::string keys{};
  /// `{"atproto_pds":{"Type":…,"URL":…}}`: the services whose endpoint is a text, in the same way.
  std::string services{};
  /// Entries and handles that are not here, since they are over a bound.
  std::size_t left_out{0};

  /// Bytes in memory, about.
  [[nodiscard]] std::size_t size() const noexcept {
    return sizeof(*this) + handle.size() + keys.size() + services.size();
  }
};

/// Reads a document whose members have the types that DID documents prescribe.
[[nodiscard]] published_identity read_published_identity(const boost::json::object& document);

} // namespace prism::atproto
