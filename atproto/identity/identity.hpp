#pragma once

#include "core/error.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

/// URLs and names under which DID documents and handles are published, and parsers of the
/// responses. No I/O.
namespace prism::atproto {

/// The URL of a DID's document: `plc_url`/DID for did:plc (24 letters and digits of base32),
/// https://HOST/.well-known/did.json for did:web (a host name only; atproto knows no paths, DID
/// spec, "Blessed DID Methods").
/// @param local whether did:web may name localhost with a port (`%3A`), which is reached over http;
/// for development and tests.
/// @returns `errc::invalid` for every other DID.
[[nodiscard]] expected<std::string> did_document_url(std::string_view did, std::string_view plc_url,
                                                     bool local);

/// The name whose TXT records may hold a handle's DID (handle spec, "DNS TXT Method").
[[nodiscard]] std::string handle_dns_name(std::string_view handle);

/// Content of the TXT records at `handle_dns_name`.
struct handle_records {
  std::optional<std::string> did;
  /// The one record names something else: the handle belongs to nobody, whatever its web server
  /// says.
  bool names_no_did{false};
};
/// Records that do not begin with `did=` are ignored. Of several that do, none counts, as in the
/// reference: the well-known file decides.
/// @param records each record's strings joined.
[[nodiscard]] handle_records read_handle_records(std::span<const std::string> records);

/// The URL at which a handle's DID may be published (handle spec, "HTTPS well-known Method").
[[nodiscard]] std::string handle_well_known_url(std::string_view handle);

/// The DID in the answer to `handle_well_known_url`: its first line without surrounding white space
/// and byte order marks; empty if that is no DID.
[[nodiscard]] std::optional<std::string> read_well_known_did(std::string_view body);

/// The DID in the answer to com.atproto.identity.resolveHandle; empty if there is none.
[[nodiscard]] std::optional<std::string> read_resolved_did(std::string_view json);

/// The `error` of an XRPC error answer, such as "RepoNotFound"; empty if it is none.
[[nodiscard]] std::string read_xrpc_error(std::string_view json);

} // namespace prism::atproto
