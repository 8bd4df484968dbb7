#include "db/index/documents.hpp"

#include "db/batch/sql_text.hpp"
#include "db/index/columns.hpp"
#include "db/pg/row_reader.hpp"
#include "db/pg/statement.hpp"

#include <array>

namespace prism::db {

using atproto::collection;

namespace {

using document_column = column<document>;
using document_rows = const std::vector<document>&;

constexpr auto id = int8_column<&document::id>("id");
constexpr auto creator_id = int8_column<&document::creator_id>("creator_id");
constexpr document_column kind{
    "collection", "int2", "collection",
    [](params& p, document_rows rows) {
      p.int2_array(rows, [](const document& row) { return static_cast<std::int16_t>(row.kind); });
    },
    nullptr};
constexpr auto rkey = text_column<&document::rkey>("rkey");
constexpr auto created_at = timestamptz_column<&document::created_at>("created_at");
constexpr auto commit_time = timestamptz_column<&document::commit_time>("commit_time");
constexpr auto place = int8_column<&document::place>("place");
constexpr auto name = text_column<&document::name>("name");
constexpr auto display_name = text_column<&document::name>("display_name");
constexpr auto purpose = text_column<&document::text>("purpose");
constexpr auto feed_did = text_column<&document::text>("feed_did");
constexpr auto description = text_column<&document::text>("description");
constexpr auto joined_via_id = int8_column<&document::joined_via_id>("joined_via_id");
constexpr document_column allows{
    "allows", "int2", "allows",
    [](params& p, document_rows rows) { p.int2_array(rows, &document::allows); }, nullptr};
constexpr document_column embedding_disabled{
    "embedding_disabled", "bool", "embedding_disabled",
    [](params& p, document_rows rows) { p.boolean_array(rows, &document::embedding_disabled); },
    nullptr};
void bind_first_ids(params& p, document_rows rows) {
  p.text_array(rows, [](const document& row) { return sql_ids(row.first_ids); });
}
void bind_second_ids(params& p, document_rows rows) {
  p.text_array(rows, [](const document& row) { return sql_ids(row.second_ids); });
}
constexpr document_column allow_lists{"allow_lists", "text", "allow_lists::int8[]", bind_first_ids,
                                      nullptr};
constexpr document_column detached{"detached", "text", "detached::int8[]", bind_first_ids, nullptr};
constexpr document_column hidden_replies{"hidden_replies", "text", "hidden_replies::int8[]",
                                         bind_second_ids, nullptr};
constexpr auto cid = bytea_column<&document::cid>("cid");
constexpr auto record = bytea_column<&document::record>("record");

/// The primary key of a table.
enum class key { uri, path, collection_path };

constexpr std::string_view insert_sql = R"sql(
  INSERT INTO {table} ({columns})
  SELECT {selected}
  FROM unnest({arrays}) AS n({columns})
  ON CONFLICT ({key}) DO NOTHING
  RETURNING {returned}
)sql";

constexpr std::string_view remove_by_uri_sql = R"sql(
  DELETE FROM {table} t
  USING unnest($1::int8[], $2::int8[]) AS d(id, before)
  WHERE t.id = d.id AND t.place < d.before
  RETURNING t.creator_id
)sql";

constexpr std::string_view remove_into_history_sql = R"sql(
  WITH gone AS (
    DELETE FROM {table} t
    USING unnest($1::int8[], $2::int8[], $3::int8[]) AS d(id, before, until)
    WHERE t.id = d.id AND t.place < d.before
    RETURNING t.*, d.until
  ),
  kept AS (
    INSERT INTO past_{table} (id, place, until, {kept})
    SELECT id, place, until, {kept}
    FROM gone
    ON CONFLICT DO NOTHING
  )
  SELECT creator_id
  FROM gone
)sql";

constexpr std::string_view remove_by_path_sql = R"sql(
  DELETE FROM {table} t
  USING unnest($1::int8[], $2::text[], $3::int8[]) AS d(creator_id, rkey, before)
  WHERE t.creator_id = d.creator_id AND t.rkey = d.rkey AND t.place < d.before
  RETURNING t.creator_id, t.rkey, t.place
)sql";

constexpr std::string_view remove_by_collection_path_sql = R"sql(
  DELETE FROM {table} t
  USING unnest($1::int8[], $2::text[], $3::int8[]) AS d(creator_id, rkey, before)
  WHERE t.creator_id = d.creator_id AND t.collection = $4 AND t.rkey = d.rkey
    AND t.place < d.before
  RETURNING t.creator_id
)sql";

constexpr std::string_view paths_by_uri_sql = R"sql(
  SELECT u.rkey
  FROM {table} t
  JOIN uris u ON u.id = t.id
  WHERE t.creator_id = $1 AND t.place <= $2
  LIMIT $3
)sql";

constexpr std::string_view paths_by_path_sql = R"sql(
  SELECT rkey FROM {table} WHERE creator_id = $1 AND place <= $2 LIMIT $3
)sql";

constexpr std::string_view paths_by_collection_path_sql = R"sql(
  SELECT rkey FROM {table} WHERE creator_id = $1 AND place <= $2 AND collection = $4 LIMIT $3
)sql";

/// The SQL that depends on the primary key.
struct key_sql {
  const char* columns;
  const char* returned; ///< by the insert
  std::string_view remove;
  std::string_view paths_of;
};

[[nodiscard]] key_sql sql_of(key by) {
  switch (by) {
  case key::uri:
    return {"id", "creator_id", remove_by_uri_sql, paths_by_uri_sql};
  case key::path:
    return {"creator_id, rkey", "creator_id, rkey", remove_by_path_sql, paths_by_path_sql};
  case key::collection_path:
    break;
  }
  return {"creator_id, collection, rkey", "creator_id", remove_by_collection_path_sql,
          paths_by_collection_path_sql};
}

} // namespace

struct document_table {
  /// @param kept columns that go to past_TABLE when a row is deleted; null: none do.
  document_table(const char* table, key keyed_by, std::vector<document_column> of,
                 const char* kept = nullptr)
      : keyed(keyed_by), keeps_history(kept != nullptr), columns(std::move(of)),
        remove(make(table, "remove", kept ? remove_into_history_sql : sql_of(keyed).remove, kept)),
        insert(make(table, "insert", insert_sql, kept)),
        paths_of(make(table, "paths_of", sql_of(keyed).paths_of, kept)) {}

  key keyed;
  bool keeps_history;
  std::vector<document_column> columns;
  statement remove;
  statement insert;
  statement paths_of;

private:
  [[nodiscard]] statement make(const char* table, std::string_view verb, std::string_view pattern,
                               const char* kept) const {
    const auto lists = lists_of(columns);
    return {compose_sql("{table}_{verb}", {{"table", table}, {"verb", verb}}),
            compose_sql(pattern, {{"table", table},
                                  {"columns", lists.names},
                                  {"selected", lists.selected},
                                  {"arrays", lists.arrays},
                                  {"key", sql_of(keyed).columns},
                                  {"returned", sql_of(keyed).returned},
                                  {"kept", kept ? kept : ""}})};
  }
};

namespace {

const document_table lists{
    "lists",
    key::uri,
    {id, creator_id, created_at, commit_time, name, purpose, cid, record, place}};
const document_table feed_generators{
    "feed_generators",
    key::uri,
    {id, creator_id, created_at, commit_time, feed_did, display_name, cid, record, place}};
const document_table starter_packs{
    "starter_packs", key::uri, {id, creator_id, created_at, commit_time, name, cid, record, place}};
const document_table thread_gates{"thread_gates",
                                  key::uri,
                                  {id, creator_id, created_at, commit_time, allows, allow_lists,
                                   hidden_replies, cid, record, place},
                                  "creator_id, allows, allow_lists, hidden_replies"};
const document_table post_gates{
    "post_gates",
    key::uri,
    {id, creator_id, created_at, commit_time, embedding_disabled, detached, cid, record, place},
    "creator_id, embedding_disabled"};
const document_table profiles{"profiles",
                              key::path,
                              {creator_id, rkey, created_at, commit_time, display_name, description,
                               joined_via_id, cid, record, place}};
const document_table labelers{
    "labelers", key::path, {creator_id, rkey, created_at, commit_time, cid, record, place}};
const document_table statuses{
    "statuses", key::path, {creator_id, rkey, created_at, commit_time, cid, record, place}};
const document_table declarations{"declarations",
                                  key::collection_path,
                                  {creator_id, kind, rkey, commit_time, cid, record, place}};

} // namespace

const document_table* find_document_table(collection of) noexcept {
  switch (of) {
  case collection::list:
    return &lists;
  case collection::feed_generator:
    return &feed_generators;
  case collection::starter_pack:
    return &starter_packs;
  case collection::thread_gate:
    return &thread_gates;
  case collection::post_gate:
    return &post_gates;
  case collection::profile:
    return &profiles;
  case collection::labeler:
    return &labelers;
  case collection::status:
    return &statuses;
  case collection::notification_declaration:
  case collection::chat_declaration:
  case collection::germ_declaration:
    return &declarations;
  default:
    return nullptr;
  }
}

std::span<const collection> document_collections() noexcept {
  static constexpr std::array kinds{collection::list,
                                    collection::feed_generator,
                                    collection::starter_pack,
                                    collection::thread_gate,
                                    collection::post_gate,
                                    collection::profile,
                                    collection::labeler,
                                    collection::status,
                                    collection::notification_declaration,
                                    collection::chat_declaration,
                                    collection::germ_declaration};
  return kinds;
}

void queue_delete(pipeline& out, const document_table& table, collection of,
                  const std::vector<record_key>& paths, const std::vector<std::int64_t>& ids) {
  params p;
  if (table.keyed == key::uri)
    p.int8_array(ids);
  else
    p.int8_array(paths, &record_key::creator_id).text_array(paths, &record_key::rkey);
  p.int8_array(paths, &record_key::before);
  if (table.keeps_history)
    p.int8_array(paths, &record_key::place);
  if (table.keyed == key::collection_path)
    p.int2(static_cast<std::int16_t>(of));
  out.add(table.remove, std::move(p));
}

std::vector<removed_document> read_removed(const result& rows) {
  return read_rows<removed_document>(rows, [](removed_document& out, row_reader& row) {
    row >> out.path.creator_id >> out.path.rkey >> out.place;
  });
}

void queue_insert(pipeline& out, const document_table& table, const std::vector<document>& rows) {
  params p;
  for (const auto& each : table.columns)
    each.bind(p, rows);
  out.add(table.insert, std::move(p));
}

std::vector<document_path> read_inserted(const result& rows) {
  return read_rows<document_path>(
      rows, [](document_path& out, row_reader& row) { row >> out.creator_id >> out.rkey; });
}

void queue_select_paths(pipeline& out, const document_table& table, collection of,
                        std::int64_t creator, stream_place until, std::int64_t limit) {
  params p;
  p.int8(creator).int8(until).int8(limit);
  if (table.keyed == key::collection_path)
    p.int2(static_cast<std::int16_t>(of));
  out.add(table.paths_of, std::move(p));
}

} // namespace prism::db
