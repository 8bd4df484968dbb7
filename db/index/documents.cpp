#include "db/index/documents.hpp"

#include "db/batch/sql_text.hpp"

#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>

namespace prism::db {

using atproto::collection;

namespace {

struct column {
  const char* name;
  const char* type;   // of the array sent
  const char* select; // how it is taken from the array; null: as it is
  void (*bind)(params&, const std::vector<document>&);
};

using rows_of = const std::vector<document>&;

constexpr column id{"id", "int8", nullptr,
                    [](params& p, rows_of rows) { p.int8_array(rows, &document::id); }};
constexpr column creator_id{"creator_id", "int8", nullptr, [](params& p, rows_of rows) {
                              p.int8_array(rows, &document::creator_id);
                            }};
constexpr column kind{
    "collection", "int2", nullptr, [](params& p, rows_of rows) {
      p.int2_array(rows, [](const document& row) { return static_cast<std::int16_t>(row.kind); });
    }};
constexpr column rkey{"rkey", "text", nullptr,
                      [](params& p, rows_of rows) { p.text_array(rows, &document::rkey); }};
constexpr column created_at{"created_at", "timestamptz", nullptr, [](params& p, rows_of rows) {
                              p.timestamptz_array(rows, &document::created_at);
                            }};
constexpr column commit_time{"commit_time", "timestamptz", nullptr, [](params& p, rows_of rows) {
                               p.timestamptz_array(rows, &document::commit_time);
                             }};
void bind_name(params& p, rows_of rows) {
  p.text_array(rows, &document::name);
}
void bind_text(params& p, rows_of rows) {
  p.text_array(rows, &document::text);
}
constexpr column name{"name", "text", nullptr, bind_name};
constexpr column display_name{"display_name", "text", nullptr, bind_name};
constexpr column purpose{"purpose", "text", nullptr, bind_text};
constexpr column feed_did{"feed_did", "text", nullptr, bind_text};
constexpr column description{"description", "text", nullptr, bind_text};
constexpr column joined_via_id{"joined_via_id", "int8", nullptr, [](params& p, rows_of rows) {
                                 p.int8_array(rows, &document::joined_via_id);
                               }};
constexpr column allows{"allows", "int2", nullptr,
                        [](params& p, rows_of rows) { p.int2_array(rows, &document::allows); }};
constexpr column embedding_disabled{
    "embedding_disabled", "bool", nullptr,
    [](params& p, rows_of rows) { p.boolean_array(rows, &document::embedding_disabled); }};
void bind_first(params& p, rows_of rows) {
  p.text_array(rows, [](const document& row) { return sql_ids(row.first_ids); });
}
constexpr column allow_lists{"allow_lists", "text", "allow_lists::int8[]", bind_first};
constexpr column detached{"detached", "text", "detached::int8[]", bind_first};
constexpr column hidden_replies{
    "hidden_replies", "text", "hidden_replies::int8[]", [](params& p, rows_of rows) {
      p.text_array(rows, [](const document& row) { return sql_ids(row.second_ids); });
    }};
constexpr column cid{"cid", "bytea", nullptr,
                     [](params& p, rows_of rows) { p.bytea_array(rows, &document::cid); }};
constexpr column record{"record", "bytea", nullptr,
                        [](params& p, rows_of rows) { p.bytea_array(rows, &document::record); }};

enum class key { uri, path, collection_path };

} // namespace

struct document_table {
  /// @param kept columns that go to past_TABLE when a row is deleted; null: none do.
  document_table(const char* table, key keyed_by, std::vector<column> of,
                 const char* kept = nullptr);

  key keyed;
  bool keeps_history;
  std::vector<column> columns;
  std::map<std::string, std::string> texts; // owns names and SQL of the statements
  statement remove;
  statement insert;
  statement paths_of;

private:
  statement make(const char* table, const char* verb, std::string sql) {
    const auto at = texts.emplace(fmt::format("{}_{}", table, verb), std::move(sql)).first;
    return {at->first.c_str(), at->second.c_str()};
  }
};

document_table::document_table(const char* table, key keyed_by, std::vector<column> of,
                               const char* kept)
    : keyed(keyed_by), keeps_history(kept != nullptr), columns(std::move(of)) {
  std::vector<std::string> names;
  std::vector<std::string> arrays;
  std::vector<std::string> selected;
  for (const auto& each : columns) {
    names.emplace_back(each.name);
    arrays.push_back(fmt::format("${}::{}[]", arrays.size() + 1, each.type));
    selected.emplace_back(each.select != nullptr ? each.select : each.name);
  }
  const char* conflict = keyed == key::uri    ? "id"
                         : keyed == key::path ? "creator_id, rkey"
                                              : "creator_id, collection, rkey";
  insert = make(table, "insert",
                fmt::format("INSERT INTO {} ({}) SELECT {} FROM unnest({}) AS n({}) "
                            "ON CONFLICT ({}) DO NOTHING RETURNING creator_id{}",
                            table, fmt::join(names, ", "), fmt::join(selected, ", "),
                            fmt::join(arrays, ", "), fmt::join(names, ", "), conflict,
                            keyed == key::path ? ", rkey" : ""));
  switch (keyed) {
  case key::uri:
    remove = make(
        table, "remove",
        keeps_history
            ? fmt::format("WITH gone AS (DELETE FROM {0} t USING unnest($1::int8[], "
                          "$2::timestamptz[]) AS d(id, until) WHERE t.id = d.id RETURNING t.*, "
                          "d.until), kept AS (INSERT INTO past_{0} (id, commit_time, until, {1}) "
                          "SELECT id, commit_time, until, {1} FROM gone ON CONFLICT DO NOTHING) "
                          "SELECT creator_id FROM gone",
                          table, kept)
            : fmt::format("DELETE FROM {} WHERE id = ANY($1) RETURNING creator_id", table));
    paths_of = make(table, "paths_of",
                    fmt::format("SELECT u.rkey FROM {} t JOIN uris u ON u.id = t.id "
                                "WHERE t.creator_id = $1 AND t.commit_time <= $2 LIMIT $3",
                                table));
    break;
  case key::path:
    remove = make(
        table, "remove",
        fmt::format("DELETE FROM {} t USING unnest($1::int8[], $2::text[]) AS d(creator_id, rkey) "
                    "WHERE t.creator_id = d.creator_id AND t.rkey = d.rkey "
                    "RETURNING t.creator_id, t.rkey",
                    table));
    paths_of = make(table, "paths_of",
                    fmt::format("SELECT rkey FROM {} WHERE creator_id = $1 AND commit_time <= $2 "
                                "LIMIT $3",
                                table));
    break;
  case key::collection_path:
    remove = make(
        table, "remove",
        fmt::format("DELETE FROM {} t USING unnest($1::int8[], $2::text[]) AS d(creator_id, rkey) "
                    "WHERE t.creator_id = d.creator_id AND t.collection = $3 AND t.rkey = d.rkey "
                    "RETURNING t.creator_id",
                    table));
    paths_of =
        make(table, "paths_of",
             fmt::format("SELECT rkey FROM {} WHERE creator_id = $1 AND commit_time <= $2 AND "
                         "collection = $4 LIMIT $3",
                         table));
    break;
  }
}

namespace {

[[nodiscard]] const std::map<collection, const document_table*>& tables() {
  static const document_table lists{
      "lists", key::uri, {id, creator_id, created_at, commit_time, name, purpose, cid, record}};
  static const document_table feed_generators{
      "feed_generators",
      key::uri,
      {id, creator_id, created_at, commit_time, feed_did, display_name, cid, record}};
  static const document_table starter_packs{
      "starter_packs", key::uri, {id, creator_id, created_at, commit_time, name, cid, record}};
  static const document_table thread_gates{
      "thread_gates",
      key::uri,
      {id, creator_id, created_at, commit_time, allows, allow_lists, hidden_replies, cid, record},
      "creator_id, allows, allow_lists, hidden_replies"};
  static const document_table post_gates{
      "post_gates",
      key::uri,
      {id, creator_id, created_at, commit_time, embedding_disabled, detached, cid, record},
      "creator_id, embedding_disabled"};
  static const document_table profiles{"profiles",
                                       key::path,
                                       {creator_id, rkey, created_at, commit_time, display_name,
                                        description, joined_via_id, cid, record}};
  static const document_table labelers{
      "labelers", key::path, {creator_id, rkey, created_at, commit_time, cid, record}};
  static const document_table statuses{
      "statuses", key::path, {creator_id, rkey, created_at, commit_time, cid, record}};
  static const document_table declarations{
      "declarations", key::collection_path, {creator_id, kind, rkey, commit_time, cid, record}};
  static const std::map<collection, const document_table*> all{
      {collection::list, &lists},
      {collection::feed_generator, &feed_generators},
      {collection::starter_pack, &starter_packs},
      {collection::thread_gate, &thread_gates},
      {collection::post_gate, &post_gates},
      {collection::profile, &profiles},
      {collection::labeler, &labelers},
      {collection::status, &statuses},
      {collection::notification_declaration, &declarations},
      {collection::chat_declaration, &declarations}};
  return all;
}

} // namespace

const document_table* find_document_table(collection of) noexcept {
  const auto found = tables().find(of);
  return found == tables().end() ? nullptr : found->second;
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
                                    collection::chat_declaration};
  return kinds;
}

void queue_delete(pipeline& out, const document_table& table, collection of,
                  const std::vector<record_key>& paths, const std::vector<std::int64_t>& ids) {
  params p;
  if (table.keyed == key::uri)
    p.int8_array(ids);
  if (table.keeps_history)
    p.timestamptz_array(paths, &record_key::time);
  if (table.keyed != key::uri)
    p.int8_array(paths, &record_key::creator_id).text_array(paths, &record_key::rkey);
  if (table.keyed == key::collection_path)
    p.int2(static_cast<std::int16_t>(of));
  out.add(table.remove, std::move(p));
}

void queue_insert(pipeline& out, const document_table& table, const std::vector<document>& rows) {
  params p;
  for (const auto& each : table.columns)
    each.bind(p, rows);
  out.add(table.insert, std::move(p));
}

void queue_select_paths(pipeline& out, const document_table& table, collection of,
                        std::int64_t creator, micros until, std::int64_t limit) {
  params p;
  p.int8(creator).timestamptz(until).int8(limit);
  if (table.keyed == key::collection_path)
    p.int2(static_cast<std::int16_t>(of));
  out.add(table.paths_of, std::move(p));
}

} // namespace prism::db
