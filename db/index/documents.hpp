#pragma once

#include "db/batch/batch.hpp"
#include "db/index/relations.hpp"
#include "db/pg/pipeline.hpp"

#include <optional>
#include <string>
#include <vector>

/// Records that are not relations or posts: lists, feed generators, starter packs, gates, profiles,
/// labelers, statuses, declarations. The tables keep the block and the few
/// columns that are read.
namespace prism::db {

/// A row of any document table; which members are columns depends on the table.
struct document {
  std::int64_t id{0}; ///< uris.id: of the record, or of a gate's post
  std::int64_t creator_id{0};
  atproto::collection kind{atproto::collection::other};
  std::string rkey;
  std::optional<micros> created_at;
  micros commit_time{0};
  stream_place place{0};
  std::optional<std::string> name;
  std::optional<std::string> text; ///< purpose, feed_did or description
  std::optional<std::int64_t> joined_via_id;
  std::optional<std::int16_t> allows;
  bool embedding_disabled{false};
  std::vector<std::int64_t> first_ids;  ///< allow_lists or detached
  std::vector<std::int64_t> second_ids; ///< hidden_replies
  bytes cid;
  bytes record;
};

struct document_table;

/// The table of a collection; null if its records are not documents.
[[nodiscard]] const document_table* find_document_table(atproto::collection kind) noexcept;

/// Collections that have a document table, in the fixed order in which they are written.
[[nodiscard]] std::span<const atproto::collection> document_collections() noexcept;

/// A row of a table that is keyed by creator and rkey, such as profiles.
struct document_path {
  std::int64_t creator_id{0};
  std::string rkey;
};
struct removed_document {
  document_path path;
  stream_place place{0};
};

/// Deletes rows by path; `ids` go with `paths` for tables that are keyed by uri. Gates go to the
/// history. Returns one row for each deleted one. Index: primary key.
void queue_delete(pipeline& out, const document_table& table, atproto::collection kind,
                  const std::vector<record_key>& paths, const std::vector<std::int64_t>& ids);

/// The rows that `queue_delete` returned, of a table that is keyed by creator and rkey only.
[[nodiscard]] std::vector<removed_document> read_removed(const result& rows);

/// Inserts new rows. Returns one row for each inserted one.
void queue_insert(pipeline& out, const document_table& table, const std::vector<document>& rows);

/// The rows that `queue_insert` returned, of a table that is keyed by creator and rkey only.
[[nodiscard]] std::vector<document_path> read_inserted(const result& rows);

/// Rkeys of one creator's rows not behind `until`, at most `limit`. Index:
/// primary key, TABLE_creator or TABLE_creator_time.
void queue_select_paths(pipeline& out, const document_table& table, atproto::collection kind,
                        std::int64_t creator_id, stream_place until, std::int64_t limit);

} // namespace prism::db
