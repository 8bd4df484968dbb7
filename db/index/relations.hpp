#pragma once

#include "db/batch/batch.hpp"
#include "db/pg/pipeline.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

/// Records that join their creator with a subject: likes, reposts, follows, blocks, list items,
/// list blocks, opt-outs of reference lists and verifications. Their tables differ in a few columns
/// and share every rule: one record per pair counts, later ones of the same pair are kept as
/// duplicates, and when the counted one is deleted, the oldest duplicate replaces it.
namespace prism::db {

/// The path of a record whose collection is known.
struct record_key {
  std::int64_t creator_id{0};
  std::string rkey;
  stream_place place{0};              ///< at which it ended
  stream_place before{end_of_places}; ///< a later version stays
};

/// A row of any table of relations; which members are columns depends on the table.
struct relation {
  std::int64_t creator_id{0};
  std::string rkey;
  std::int64_t subject_id{0}; ///< uris.id for likes and reposts, else users.id
  std::int64_t list_id{0};    ///< uris.id
  std::optional<std::int64_t> via_id;
  micros created_at{0};
  std::optional<std::string> created_text;
  micros commit_time{0};
  stream_place place{0};
  bool duplicate{false};
  bytes cid;
  bytes subject_cid;
  std::optional<bytes> via_cid;
  std::string handle;
  std::string display_name;
  std::optional<bytes> record;
};

struct relation_table;

/// The table of a collection; null if its records are not relations.
[[nodiscard]] const relation_table* find_relation_table(atproto::collection kind) noexcept;

/// The collections of relations, in the fixed order in which they are written.
[[nodiscard]] std::span<const atproto::collection> relation_collections() noexcept;

/// Deletes rows by path; follows and list items go to the history. Returns the deleted rows. Index:
/// primary key.
void queue_delete(pipeline& out, const relation_table& table, const std::vector<record_key>& paths);

/// Deletes the relations of subjects that are no longer indexed. Index: TABLE_subject,
/// TABLE_duplicates.
void queue_delete_by_subject(pipeline& out, const relation_table& table,
                             const std::vector<std::int64_t>& subjects);

/// Inserts rows whose path is new and decides which are duplicates. Returns the inserted rows.
void queue_insert(pipeline& out, const relation_table& table, const std::vector<relation>& rows);

/// For pairs whose counted row was deleted: the oldest duplicate becomes the counted one. Index:
/// TABLE_duplicates. Returns the changed rows.
void queue_promote_duplicates(pipeline& out, const relation_table& table,
                              const std::vector<relation>& removed);

/// Selects the subjects of rows that are about to be deleted, to lock them first. One statement
/// looks into the table and into pending_ops, since a row may move between two statements.
/// @param kind one that `can_be_parked`. Index: primary keys.
void queue_select_subjects(pipeline& out, atproto::collection kind,
                           const std::vector<record_key>& paths);

/// Rkeys of one creator's rows not behind `until`, at most `limit`.
void queue_select_paths(pipeline& out, const relation_table& table, std::int64_t creator_id,
                        stream_place until, std::int64_t limit);

/// The rows that one of the statements above returned.
[[nodiscard]] std::vector<relation> read_relations(const relation_table& table, const result& rows);

} // namespace prism::db
