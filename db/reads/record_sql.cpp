#include "db/reads/record_sql.hpp"

#include "db/pg/statement.hpp"

#include <fmt/format.h>
#include <string>

namespace prism::db::record_sql {

namespace {

// Each record is looked up separately, so no plan depends on how many there are. $1: the most bytes
// that a record may have.
constexpr std::string_view by_id = R"sql(
  FROM unnest($2::int8[]) WITH ORDINALITY AS n(id, at)
  CROSS JOIN LATERAL (SELECT * FROM {table} WHERE id = n.id LIMIT 1) t
)sql";

constexpr std::string_view by_path = R"sql(
  FROM unnest($2::int8[], $3::text[]) WITH ORDINALITY AS n(creator_id, rkey, at)
  CROSS JOIN LATERAL (
    SELECT * FROM {table} WHERE creator_id = n.creator_id AND rkey = n.rkey LIMIT 1
  ) t
)sql";

// The second part is read only if the first has nothing.
constexpr std::string_view by_path_or_parked = R"sql(
  FROM unnest($2::int8[], $3::text[]) WITH ORDINALITY AS n(creator_id, rkey, at)
  CROSS JOIN LATERAL (
    SELECT {columns} FROM {table} WHERE creator_id = n.creator_id AND rkey = n.rkey
    UNION ALL
    SELECT {parked_columns} FROM pending_ops
    WHERE creator_id = n.creator_id AND collection = {kind} AND rkey = n.rkey
    LIMIT 1
  ) t
)sql";

// z.bytes is known without reading the record.
constexpr std::string_view head =
    "n.at, t.cid, z.bytes, CASE WHEN z.bytes <= $1 THEN t.record END, t.commit_time, {created_at}";

constexpr std::string_view sized = R"sql(
  CROSS JOIN LATERAL (SELECT ({size})::int8 AS bytes OFFSET 0) z
)sql";

// Of records that are kept whole, and of those that are rebuilt from columns that are all short.
constexpr std::string_view kept_size = "coalesce(octet_length(t.record), 0)";

// Of a column, whose text is {text}. Its size in the table says little if it is compressed, which
// only long ones are: those of posts that were written before long ones kept their block.
constexpr std::string_view column_size =
    "CASE WHEN pg_column_compression(t.{column}) IS NULL "
    "THEN coalesce(pg_column_size(t.{column}), 0) ELSE octet_length({text}) END";

struct post_column {
  std::string_view name;
  std::string_view text;
};

// Those from which a post is rebuilt and that may be long, in the order in which they are read.
constexpr post_column long_columns[] = {
    {"text", "t.text"},
    {"langs", "array_to_json(t.langs)::text"},
    {"tags", "array_to_json(t.tags)::text"},
    {"facets", "t.facets::text"},
    {"embed", "t.embed::text"},
    {"labels", "t.labels::text"},
    {"extra", "t.extra::text"},
};

[[nodiscard]] std::string replaced(std::string in, std::string_view name, std::string_view by) {
  for (auto at = in.find(name); at != std::string::npos; at = in.find(name, at + by.size()))
    in.replace(at, name.size(), by);
  return in;
}

[[nodiscard]] std::string head_with(std::string_view created_at) {
  return replaced(std::string{head}, "{created_at}", created_at);
}

[[nodiscard]] std::string sized_by(std::string_view size) {
  return replaced(std::string{sized}, "{size}", size);
}

[[nodiscard]] std::string post_size() {
  std::string sum;
  for (const auto& each : long_columns)
    sum += (sum.empty() ? "" : " + ") +
           replaced(replaced(std::string{column_size}, "{column}", each.name), "{text}", each.text);
  return "CASE WHEN t.record IS NULL THEN " + sum + " ELSE octet_length(t.record) END";
}

/// Of a post that is rebuilt, and is not too large.
[[nodiscard]] std::string post_columns_read() {
  std::string out;
  for (const auto& each : long_columns)
    out += fmt::format("{}\n    CASE WHEN t.record IS NULL AND z.bytes <= $1 THEN {} END",
                       out.empty() ? "" : ",", each.text);
  return out;
}

} // namespace

const char* kept_by_path(std::string_view table) {
  return compose_sql("SELECT {head} {by_path} {sized}", {{"head", head_with("t.created_at")},
                                                         {"by_path", by_path},
                                                         {"sized", sized_by(kept_size)},
                                                         {"table", table}});
}

const char* kept_by_id(std::string_view table) {
  return compose_sql("SELECT {head} {by_id} {sized}", {{"head", head_with("t.created_at")},
                                                       {"by_id", by_id},
                                                       {"sized", sized_by(kept_size)},
                                                       {"table", table}});
}

const char* declarations(std::string_view kind) {
  return compose_sql(
      R"sql(
  SELECT {head}
  FROM unnest($2::int8[], $3::text[]) WITH ORDINALITY AS n(creator_id, rkey, at)
  CROSS JOIN LATERAL (
    SELECT * FROM declarations
    WHERE creator_id = n.creator_id AND collection = {kind} AND rkey = n.rkey
    LIMIT 1
  ) t {sized}
)sql",
      {{"head", head_with("NULL::timestamptz")}, {"sized", sized_by(kept_size)}, {"kind", kind}});
}

const char* subjects(std::string_view table, std::string_view kind) {
  constexpr std::string_view columns = "cid, record, commit_time, created_at, created_text, "
                                       "subject_cid, via_cid, subject_id, via_id";
  constexpr std::string_view parked_columns =
      "cid, record, commit_time, created_at, created_text, subject_cid, via_cid, referent_id, "
      "other_id";
  return compose_sql(R"sql(
  SELECT {head}, t.created_text, t.subject_cid, t.via_cid, t.subject_id, t.via_id
  {by_path_or_parked} {sized}
)sql",
                     {{"head", head_with("t.created_at")},
                      {"by_path_or_parked", by_path_or_parked},
                      {"sized", sized_by(kept_size)},
                      {"columns", columns},
                      {"parked_columns", parked_columns},
                      {"table", table},
                      {"kind", kind}});
}

const char* pairs(std::string_view table) {
  return compose_sql("SELECT {head}, t.created_text, t.subject_id {by_path} {sized}",
                     {{"head", head_with("t.created_at")},
                      {"by_path", by_path},
                      {"sized", sized_by(kept_size)},
                      {"table", table}});
}

const char* posts() {
  return compose_sql(R"sql(
  SELECT {head}, coalesce(t.violates_thread_gate, false),
    coalesce(t.violates_embedding_rules, false), coalesce(tg.found, false),
    coalesce(pg.found, false), t.created_text, {columns},
    t.reply_root_cid, t.reply_parent_cid, t.reply_root_id, t.reply_parent_id
  {by_id} {sized}
  LEFT JOIN LATERAL (SELECT true AS found FROM thread_gates WHERE id = t.id LIMIT 1) tg ON true
  LEFT JOIN LATERAL (SELECT true AS found FROM post_gates WHERE id = t.id LIMIT 1) pg ON true
)sql",
                     {{"head", head_with("t.created_at")},
                      {"by_id", by_id},
                      {"sized", sized_by(post_size())},
                      {"columns", post_columns_read()},
                      {"table", "posts"}});
}

const char* list_items() {
  return compose_sql("SELECT {head} {by_path_or_parked} {sized}",
                     {{"head", head_with("t.created_at")},
                      {"by_path_or_parked", by_path_or_parked},
                      {"sized", sized_by(kept_size)},
                      {"columns", "cid, record, commit_time, created_at"},
                      {"parked_columns", "cid, record, commit_time, created_at"},
                      {"table", "list_items"},
                      {"kind", "10 /* list_item */"}});
}

const char* paths_of_uris(std::string_view table) {
  return compose_sql(R"sql(
  SELECT o.did, u.rkey
  FROM {table} t JOIN uris u ON u.id = t.id JOIN users o ON o.id = t.creator_id
)sql",
                     {{"table", table}});
}

const char* own_paths(std::string_view table) {
  return compose_sql(R"sql(
  SELECT o.did, t.rkey
  FROM {table} t JOIN users o ON o.id = t.creator_id
)sql",
                     {{"table", table}});
}

const char* own_or_parked_paths(std::string_view table, std::string_view kind) {
  return compose_sql(R"sql(
  SELECT o.did, t.rkey
  FROM {table} t JOIN users o ON o.id = t.creator_id
  UNION ALL
  SELECT o.did, p.rkey
  FROM pending_ops p JOIN users o ON o.id = p.creator_id
  WHERE p.collection = {kind}
)sql",
                     {{"table", table}, {"kind", kind}});
}

const char* declaration_paths(std::string_view kind) {
  return compose_sql(R"sql(
  SELECT o.did, t.rkey
  FROM declarations t JOIN users o ON o.id = t.creator_id
  WHERE t.collection = {kind}
)sql",
                     {{"kind", kind}});
}

} // namespace prism::db::record_sql
