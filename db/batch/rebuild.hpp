#pragma once

#include "atproto/records/collection.hpp"
#include "core/error.hpp"
#include "db/batch/batch.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

/// Rebuilds records from their columns. The batch builder rebuilds every record of these
/// collections once and keeps its block only if the result differs, so the stored data always has
/// the record's CID.
namespace prism::db {

/// The text of a CID as it is stored: the binary form if it formats to the same text, else the
/// characters of the text (which cannot begin like a binary CID).
[[nodiscard]] bytes pack_cid(std::string_view text);

/// Reverses `pack_cid`.
[[nodiscard]] std::string unpack_cid(std::span<const std::byte> stored);

/// A strong reference in text.
struct text_ref {
  std::string uri;
  std::string cid;
};

/// A like's or repost's block.
/// @param created_at as the record wrote it: `created_text`, or `created_at` formatted.
[[nodiscard]] expected<bytes> rebuild_subject(atproto::collection kind, const text_ref& subject,
                                              std::string_view created_at,
                                              const std::optional<text_ref>& via);

/// A follow's or block's block.
[[nodiscard]] expected<bytes> rebuild_pair(atproto::collection kind, std::string_view subject_did,
                                           std::string_view created_at);

/// A post's columns as SELECT returns them.
struct post_columns {
  std::string_view text;
  std::string_view created_at;
  std::optional<text_ref> reply_root;
  std::optional<text_ref> reply_parent;
  std::optional<std::vector<std::string>> langs;
  std::optional<std::vector<std::string>> tags;
  std::optional<std::string_view> facets; ///< JSON text, as the three below
  std::optional<std::string_view> embed;
  std::optional<std::string_view> labels;
  std::optional<std::string_view> extra;
};

/// The items of a JSON array of texts, such as array_to_json makes of a text[] column.
[[nodiscard]] std::optional<std::vector<std::string>>
json_texts(std::optional<std::string_view> json);

/// Longer posts keep their block. Its size is known to a reader at no cost; that of long columns is
/// known only once they are read, and their text can be many times as long as the record.
inline constexpr std::size_t max_rebuilt_post{std::size_t{16} * 1024};

/// A post's block.
/// @returns `errc::invalid` if a JSON column is not a record's JSON.
[[nodiscard]] expected<bytes> rebuild_post(const post_columns& columns);

} // namespace prism::db
