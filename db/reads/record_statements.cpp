#include "db/reads/record_statements.hpp"

#include "db/reads/answer_limit.hpp"

#include <array>
#include <fmt/format.h>

namespace prism::db {

using atproto::collection;

namespace {

// Each path is looked up separately, so no plan depends on how many there are.
constexpr std::string_view asked = R"sql(
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS n(did, rkey, at)
  CROSS JOIN LATERAL (SELECT id FROM users WHERE did = n.did LIMIT 1) o
)sql";

// A gate has the rkey of its post, and is kept by the post's uri.
constexpr std::string_view by_uri = R"sql(
  CROSS JOIN LATERAL (
    SELECT id FROM uris WHERE repo_id = o.id AND collection = {of_uri} AND rkey = n.rkey LIMIT 1
  ) u
  CROSS JOIN LATERAL (SELECT * FROM {table} WHERE id = u.id LIMIT 1) t
)sql";

constexpr std::string_view by_path = R"sql(
  CROSS JOIN LATERAL (
    SELECT * FROM {table} WHERE creator_id = o.id AND rkey = n.rkey LIMIT 1
  ) t
)sql";

// The second part is read only if the first has nothing.
constexpr std::string_view by_path_or_parked = R"sql(
  CROSS JOIN LATERAL (
    SELECT {columns} FROM {table} WHERE creator_id = o.id AND rkey = n.rkey
    UNION ALL
    SELECT {parked_columns} FROM pending_ops
    WHERE creator_id = o.id AND collection = {kind} AND rkey = n.rkey
    LIMIT 1
  ) t
)sql";

constexpr std::string_view head =
    "n.at, t.cid, {fits}, CASE WHEN {fits} THEN t.record END, t.commit_time, {created_at}";

// Of records kept whole, and of those whose columns are small.
constexpr std::string_view kept_size = "coalesce(octet_length(t.record), 0)";

// Of a column of type jsonb. Its size in the table says little if it is compressed, which only long
// ones are.
constexpr std::string_view json_size =
    "CASE WHEN pg_column_compression(t.{column}) IS NULL "
    "THEN coalesce(pg_column_size(t.{column}), 0) ELSE octet_length(t.{column}::text) END";

[[nodiscard]] std::string replaced(std::string in, std::string_view name, std::string_view by) {
  for (auto at = in.find(name); at != std::string::npos; at = in.find(name, at + by.size()))
    in.replace(at, name.size(), by);
  return in;
}

/// @param size the SQL of {size}
[[nodiscard]] std::string fits_by(std::string_view size) {
  return compose_sql(reads::record_fits, {{"size", size}, {"asked", "$1"}, {"limit", "$3"}});
}

[[nodiscard]] std::string head_by(std::string_view size, std::string_view created_at) {
  return replaced(replaced(std::string{head}, "{fits}", fits_by(size)), "{created_at}", created_at);
}

[[nodiscard]] std::string usual_head() {
  return head_by(kept_size, "t.created_at");
}

[[nodiscard]] std::string post_size() {
  std::string out{kept_size};
  out += " + coalesce(octet_length(t.text), 0)";
  for (const std::string_view column : {"facets", "embed", "labels", "extra"})
    out += " + " + replaced(std::string{json_size}, "{column}", column);
  return out;
}

// The uri with the id {id}, as r; none if the record is kept whole.
constexpr std::string_view uri_of = R"sql(
  LEFT JOIN LATERAL (
    SELECT a.did, i.collection, i.rkey
    FROM uris i
    LEFT JOIN LATERAL (SELECT did FROM users WHERE id = i.repo_id LIMIT 1) a ON true
    WHERE i.id = {id} AND t.record IS NULL
    LIMIT 1
  ) {as} ON true
)sql";

[[nodiscard]] std::string uri_named(std::string_view as, std::string_view id) {
  auto out = std::string{uri_of};
  out.replace(out.find("{id}"), 4, id);
  out.replace(out.find("{as}"), 4, as);
  return out;
}

/// Records kept whole, by path.
[[nodiscard]] const char* kept_by_path(std::string_view table) {
  return compose_sql(
      "SELECT {head} {asked} {by_path}",
      {{"head", usual_head()}, {"asked", asked}, {"by_path", by_path}, {"table", table}});
}

/// Records kept whole, by uri.
/// @param of_uri the collection of the uri with its name, as in SQL
[[nodiscard]] const char* kept_by_uri(std::string_view table, std::string_view of_uri) {
  return compose_sql("SELECT {head} {asked} {by_uri}", {{"head", usual_head()},
                                                        {"asked", asked},
                                                        {"by_uri", by_uri},
                                                        {"table", table},
                                                        {"of_uri", of_uri}});
}

[[nodiscard]] const char* declarations(std::string_view kind) {
  return compose_sql(
      R"sql(
  SELECT {head}
  {asked}
  CROSS JOIN LATERAL (
    SELECT * FROM declarations
    WHERE creator_id = o.id AND collection = {kind} AND rkey = n.rkey
    LIMIT 1
  ) t
)sql",
      {{"head", head_by(kept_size, "NULL::timestamptz")}, {"asked", asked}, {"kind", kind}});
}

/// Likes and reposts.
[[nodiscard]] const char* subjects(std::string_view table, std::string_view kind) {
  constexpr std::string_view columns = "cid, record, commit_time, created_at, created_text, "
                                       "subject_cid, via_cid, subject_id, via_id";
  constexpr std::string_view parked_columns =
      "cid, record, commit_time, created_at, created_text, subject_cid, via_cid, referent_id, "
      "other_id";
  return compose_sql(R"sql(
  SELECT {head}, t.created_text, t.subject_cid, t.via_cid, s.did, coalesce(s.collection, 0::int2),
    s.rkey, v.did, coalesce(v.collection, 0::int2), v.rkey
  {asked} {by_path_or_parked} {subject} {via}
)sql",
                     {{"head", usual_head()},
                      {"asked", asked},
                      {"by_path_or_parked", by_path_or_parked},
                      {"subject", uri_named("s", "t.subject_id")},
                      {"via", uri_named("v", "t.via_id")},
                      {"columns", columns},
                      {"parked_columns", parked_columns},
                      {"table", table},
                      {"kind", kind}});
}

/// Follows and blocks.
[[nodiscard]] const char* pairs(std::string_view table) {
  return compose_sql(
      R"sql(
  SELECT {head}, t.created_text, s.did
  {asked} {by_path}
  LEFT JOIN LATERAL (SELECT did FROM users WHERE id = t.subject_id LIMIT 1) s ON true
)sql",
      {{"head", usual_head()}, {"asked", asked}, {"by_path", by_path}, {"table", table}});
}

[[nodiscard]] const char* posts() {
  const auto size = post_size();
  return compose_sql(R"sql(
  SELECT {head}, coalesce(t.violates_thread_gate, false),
    coalesce(t.violates_embedding_rules, false), coalesce(tg.found, false),
    coalesce(pg.found, false), t.created_text, t.text, array_to_json(t.langs)::text,
    array_to_json(t.tags)::text, CASE WHEN {fits} THEN t.facets::text END,
    CASE WHEN {fits} THEN t.embed::text END, CASE WHEN {fits} THEN t.labels::text END,
    CASE WHEN {fits} THEN t.extra::text END,
    t.reply_root_cid, r.did, coalesce(r.collection, 0::int2), r.rkey,
    t.reply_parent_cid, p.did, coalesce(p.collection, 0::int2), p.rkey
  {asked} {by_uri} {root} {parent}
  LEFT JOIN LATERAL (SELECT true AS found FROM thread_gates WHERE id = t.id LIMIT 1) tg ON true
  LEFT JOIN LATERAL (SELECT true AS found FROM post_gates WHERE id = t.id LIMIT 1) pg ON true
)sql",
                     {{"head", head_by(size, "t.created_at")},
                      {"fits", fits_by(size)},
                      {"asked", asked},
                      {"by_uri", by_uri},
                      {"root", uri_named("r", "t.reply_root_id")},
                      {"parent", uri_named("p", "t.reply_parent_id")},
                      {"table", "posts"},
                      {"of_uri", "1 /* post */"}});
}

[[nodiscard]] const char* list_items() {
  return compose_sql("SELECT {head} {asked} {by_path_or_parked}",
                     {{"head", usual_head()},
                      {"asked", asked},
                      {"by_path_or_parked", by_path_or_parked},
                      {"columns", "cid, record, commit_time, created_at"},
                      {"parked_columns", "cid, record, commit_time, created_at"},
                      {"table", "list_items"},
                      {"kind", "10 /* list_item */"}});
}

const statement post_records{"records_post", posts()};
const statement like_records{"records_like", subjects("likes", "2 /* like */")};
const statement repost_records{"records_repost", subjects("reposts", "3 /* repost */")};
const statement thread_gate_records{"records_thread_gate",
                                    kept_by_uri("thread_gates", "1 /* post */")};
const statement post_gate_records{"records_post_gate", kept_by_uri("post_gates", "1 /* post */")};
const statement feed_generator_records{"records_feed_generator",
                                       kept_by_uri("feed_generators", "6 /* feed_generator */")};
const statement follow_records{"records_follow", pairs("follows")};
const statement block_records{"records_block", pairs("blocks")};
const statement list_records{"records_list", kept_by_uri("lists", "9 /* list */")};
const statement list_item_records{"records_list_item", list_items()};
const statement list_block_records{"records_list_block", kept_by_path("list_blocks")};
const statement starter_pack_records{"records_starter_pack",
                                     kept_by_uri("starter_packs", "12 /* starter_pack */")};
const statement verification_records{"records_verification", kept_by_path("verifications")};
const statement profile_records{"records_profile", kept_by_path("profiles")};
const statement status_records{"records_status", kept_by_path("statuses")};
const statement labeler_records{"records_labeler", kept_by_path("labelers")};
const statement notification_declaration_records{"records_notification_declaration",
                                                 declarations("17 /* notification_declaration */")};
const statement chat_declaration_records{"records_chat_declaration",
                                         declarations("18 /* chat_declaration */")};
const statement germ_declaration_records{"records_germ_declaration",
                                         declarations("19 /* germ_declaration */")};
const statement reference_list_opt_out_records{"records_reference_list_opt_out",
                                               kept_by_path("reference_list_opt_outs")};

/// Where the records of a collection are.
struct kept {
  const statement* records{nullptr};
  std::string_view table;
  bool by_uri{false};     ///< else by creator and rkey
  bool parkable{false};   ///< some may be in pending_ops
  bool of_several{false}; ///< the table has a column `collection`
};

[[nodiscard]] kept where_kept(collection kind) noexcept {
  switch (kind) {
  case collection::post:
    return {&post_records, "posts", true};
  case collection::like:
    return {&like_records, "likes", false, true};
  case collection::repost:
    return {&repost_records, "reposts", false, true};
  case collection::thread_gate:
    return {&thread_gate_records, "thread_gates", true};
  case collection::post_gate:
    return {&post_gate_records, "post_gates", true};
  case collection::feed_generator:
    return {&feed_generator_records, "feed_generators", true};
  case collection::follow:
    return {&follow_records, "follows"};
  case collection::block:
    return {&block_records, "blocks"};
  case collection::list:
    return {&list_records, "lists", true};
  case collection::list_item:
    return {&list_item_records, "list_items", false, true};
  case collection::list_block:
    return {&list_block_records, "list_blocks"};
  case collection::starter_pack:
    return {&starter_pack_records, "starter_packs", true};
  case collection::verification:
    return {&verification_records, "verifications"};
  case collection::profile:
    return {&profile_records, "profiles"};
  case collection::status:
    return {&status_records, "statuses"};
  case collection::labeler:
    return {&labeler_records, "labelers"};
  case collection::notification_declaration:
    return {&notification_declaration_records, "declarations", false, false, true};
  case collection::chat_declaration:
    return {&chat_declaration_records, "declarations", false, false, true};
  case collection::germ_declaration:
    return {&germ_declaration_records, "declarations", false, false, true};
  case collection::reference_list_opt_out:
    return {&reference_list_opt_out_records, "reference_list_opt_outs"};
  case collection::other:
    break;
  }
  return {};
}

} // namespace

const statement* records_statement(collection kind) noexcept {
  return where_kept(kind).records;
}

std::string record_paths_sql(collection kind) {
  const auto place = where_kept(kind);
  const auto number = static_cast<int>(kind);
  auto out = place.by_uri
                 ? fmt::format("SELECT o.did, u.rkey FROM {} t JOIN uris u ON u.id = t.id "
                               "JOIN users o ON o.id = t.creator_id",
                               place.table)
                 : fmt::format("SELECT o.did, t.rkey FROM {} t JOIN users o ON o.id = t.creator_id",
                               place.table);
  if (place.of_several)
    out += fmt::format(" WHERE t.collection = {}", number);
  if (place.parkable)
    out += fmt::format(" UNION ALL SELECT o.did, t.rkey FROM pending_ops t "
                       "JOIN users o ON o.id = t.creator_id WHERE t.collection = {}",
                       number);
  return out;
}

} // namespace prism::db
