#pragma once

#include "atproto/cbor/cbor_node.hpp"
#include "atproto/lexicon/lexicon_violation.hpp"
#include "core/error.hpp"

#include <memory>
#include <span>
#include <string_view>

namespace prism::atproto {

namespace detail {
struct lexicon_graph;
}

/// One lexicon document.
struct lexicon_text {
  std::string_view name; ///< its file, for error messages
  std::string_view json;
};

/// The documents of the folder lexicons/, embedded in the program.
[[nodiscard]] std::span<const lexicon_text> embedded_lexicons() noexcept;

/// Validates records against their lexicons. Accepts and rejects exactly what the official AppView
/// does (its package @atproto/lex 0.3 in strict mode, as the indexer of AppView 0.0.280 calls it),
/// which means in particular:
///
/// - lengths of strings are bytes of UTF-8; integers lie within ±(2^53 - 1);
/// - fields that the lexicon does not know are allowed, and so are unknown members of open unions;
/// - a blob is `{$type: "blob", ref, mimeType, size}` and nothing more, its `ref` a link of codec
///   raw, its MIME type and size within `accept` and `maxSize`;
/// - the legacy form of a blob, `{cid, mimeType}`, is taken if its MIME type is accepted; here
/// alone
///   the AppView differs (docs/ORACLE.md);
/// - an object may carry a `$type`, but then the one of its definition;
/// - `$type` of the record must be the collection;
/// - `knownValues` and `default` have no effect.
///
/// Fields are checked in the order of the lexicon and the first violation is reported, so that it
/// is the one which the AppView reports.
///
/// Immutable: any number of threads may use one catalog.
class lexicon_catalog {
public:
  /// Compiles the record schemas among `lexicons`, with all that they reference.
  /// @returns `errc::invalid` naming document and definition: broken JSON or schema, a document
  /// given twice, an unresolved reference.
  [[nodiscard]] static expected<lexicon_catalog> compile(std::span<const lexicon_text> lexicons);

  lexicon_catalog(lexicon_catalog&&) noexcept;
  lexicon_catalog& operator=(lexicon_catalog&&) noexcept;
  ~lexicon_catalog();

  /// Whether there is a record schema of this name (an NSID).
  [[nodiscard]] bool contains(std::string_view collection) const noexcept;

  /// Checks a record against the schema of its collection. Linear in the size of the record; costs
  /// no allocation unless it fails.
  [[nodiscard]] lexicon_result validate_record(std::string_view collection, cbor_node record) const;
  /// @param notes added to; only to be used if the record is valid.
  [[nodiscard]] lexicon_result validate_record(std::string_view collection, cbor_node record,
                                               lexicon_notes& notes) const;

private:
  explicit lexicon_catalog(std::unique_ptr<const detail::lexicon_graph> graph) noexcept;

  std::unique_ptr<const detail::lexicon_graph> graph_;
};

} // namespace prism::atproto
