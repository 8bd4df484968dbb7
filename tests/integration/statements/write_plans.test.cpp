// The plans of everything that a batch, a purge or the store of identities runs, in a database
// without statistics: empty, as when PostgreSQL makes the plans that a connection keeps, then
// grown; and with statistics at last. None may read a table or an index from end to end.

#include "db/index/plan_settings.hpp"
#include "db/pg/connection.hpp"
#include "db/pg/statement.hpp"
#include "db/reads/reader_plans.hpp"
#include "tests/support/must.hpp"
#include "tests/support/pg_fixture.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <map>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

using namespace prism;
using namespace prism::test;

namespace {

/// Statements that do not run behind `plan_settings`; a name that ends with "_" stands for all that
/// begin with it.
constexpr std::array run_otherwise{
    // Upkeep, whose work is to read ranges of tables.
    "blocks_of_", "compare_", "correct_", "create_", "delete_expired_", "delete_past_",
    "delete_old_", "count_refused_records", "orphaned_", "sample_", "lock_list_counts",
    "lock_post_counts", "lock_user_counts",
    // The queue of identities; a start; an operator's work on dead letters.
    "claim_identity_tasks", "count_identity_tasks", "release_identity_tasks", "lock_cursors",
    "drop_cursors", "put_cursors", "read_cursors", "take_up_stream", "begin_stream_anew",
    "newest_pending", "cluster_", "lock_some_cursors", "set_cursor_tokens", "holds_lease",
    "migration_", "migrations_", "deleted_since_frame", "list_dead_letters", "discard_dead_letters",
    "lock_all_cursors",
    // One row for each shard.
    "explain_newest_service",
    // prism-records, which reads whole tables.
    "paths_"};

/// Statements that run behind `reader_plans`; tests/integration/reads explains them on two million
/// rows.
constexpr std::array of_readers{"timeline",
                                "author_feed",
                                "author_feed_",
                                "list_feed",
                                "notifications",
                                "notifications_scan_end",
                                "unread_notifications",
                                "thread_above",
                                "thread_below",
                                "thread_op_replies",
                                "op_thread_",
                                "reader_plans",
                                "followers",
                                "follows",
                                "likes_of",
                                "reposts_of",
                                "quotes_of",
                                "likes_by",
                                "reposts_by",
                                "lists_by",
                                "feeds_by",
                                "starter_packs_by",
                                "blocks_by",
                                "list_members",
                                "blocking_lists",
                                "relationships",
                                "blocks_of_pairs",
                                "likes_by_of",
                                "reposts_by_of",
                                "follows_by_of",
                                "list_blocks_by_of",
                                "opt_outs_by_of",
                                "memberships_of",
                                "known_followers",
                                "known_likers",
                                "suggested_",
                                "similar_",
                                "find_user",
                                "records_",
                                "actors",
                                "dids_of_handles",
                                "latest_rev",
                                "counts_of_",
                                "ids_of_",
                                "dids_of_ids",
                                "uris_of_ids",
                                "sessions_of_server"};

template <std::size_t N>
[[nodiscard]] bool is_among(const std::array<const char*, N>& names, std::string_view statement) {
  return std::ranges::any_of(names, [&](std::string_view name) {
    return name.ends_with('_') ? statement.starts_with(name) : statement == name;
  });
}

[[nodiscard]] bool is_write(const db::registered_statement& each) {
  return !is_among(run_otherwise, each.name) && !is_among(of_readers, each.name);
}

/// By index: the first column, which a condition has to name.
using leading_columns = std::map<std::string, std::string>;

[[nodiscard]] leading_columns read_leading_columns(db::connection& on) {
  const auto rows = must(on.exec(R"sql(
    SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid, 1, true)
    FROM pg_index
    JOIN pg_class c ON c.oid = indexrelid
    WHERE c.relnamespace = 'public'::regnamespace
  )sql"));
  leading_columns out;
  for (std::size_t i = 0; i < rows.rows(); ++i)
    out.emplace(rows.get_text(i, 0), rows.get_text(i, 1));
  return out;
}

[[nodiscard]] std::string field(const boost::json::object& node, std::string_view name) {
  const auto* value = node.if_contains(name);
  return value != nullptr && value->is_string() ? std::string{value->as_string()} : std::string{};
}

/// Indexes that only readers need. Their conditions are such that no write can use them
/// (migrations/0016): with one of them, a new like is looked for among all likes of its author.
[[nodiscard]] bool is_for_readers(std::string_view index) {
  static constexpr std::array names{"likes_subject_time",   "likes_creator_time",
                                    "reposts_subject_time", "follows_subject_time",
                                    "follows_creator_time", "blocks_creator_time",
                                    "list_items_list_time", "list_blocks_creator_time",
                                    "posts_quoted_time",    "posts_creator_time",
                                    "posts_images",         "posts_video",
                                    "posts_creator_root",   "profiles_self_joined_via"};
  return std::ranges::find(names, index) != names.end();
}

/// What in a plan grows with the tables.
void find_faults(const boost::json::object& node, const leading_columns& indexes, bool is_write,
                 std::vector<std::string>& out) {
  const auto type = field(node, "Node Type");
  if (type == "Seq Scan")
    out.push_back("reads all of " + field(node, "Relation Name"));
  if (type == "Hash Join" || type == "Merge Join")
    out.push_back(type);
  if (const auto index = field(node, "Index Name"); !index.empty() && indexes.contains(index)) {
    const std::regex word("\\b" + indexes.at(index) + "\\b");
    if (!std::regex_search(field(node, "Index Cond"), word))
      out.push_back("reads " + index + " from end to end");
  }
  if (is_write && is_for_readers(field(node, "Index Name")))
    out.push_back("uses " + field(node, "Index Name") + ", which is for readers");
  for (const auto* filter : {"Filter", "Join Filter"})
    if (field(node, filter).find("hashed SubPlan") != std::string::npos)
      out.push_back("fills a hash table for " + field(node, filter));
  if (const auto* children = node.if_contains("Plans"))
    for (const auto& child : children->as_array())
      find_faults(child.as_object(), indexes, is_write, out);
}

/// The generic plan of a statement; empty for commands that have no plan.
[[nodiscard]] std::string generic_plan(db::connection& on, const db::registered_statement& of) {
  must(on.exec_script(fmt::format("PREPARE planned AS {}", of.sql)));
  const auto parameters = must(on.exec("SELECT cardinality(parameter_types) FROM "
                                       "pg_prepared_statements WHERE name = 'planned'"));
  std::string values;
  for (std::int32_t i = 0; i < parameters.get_int4(0, 0); ++i)
    values += i == 0 ? "(NULL" : ", NULL"; // a generic plan does not look at them
  const auto rows = must(on.exec(
      fmt::format("EXPLAIN (FORMAT JSON) EXECUTE planned{}{}", values, values.empty() ? "" : ")")));
  must(on.exec_script("DEALLOCATE planned"));
  return std::string{rows.get_text(0, 0)};
}

[[nodiscard]] std::vector<std::string> faults(db::connection& on, const leading_columns& indexes,
                                              const db::registered_statement& of) {
  const auto json = boost::json::parse(generic_plan(on, of));
  std::vector<std::string> out;
  find_faults(json.as_array().at(0).at("Plan").as_object(), indexes, is_write(of), out);
  return out;
}

/// Explains each of these statements behind those settings.
/// @returns how many
template <class Which>
std::size_t check_plans_of(db::connection& on, const char* database, const db::request& settings,
                           Which which) {
  const auto indexes = read_leading_columns(on);
  must(on.exec_script("BEGIN"));
  must(on.round_trip(std::span(&settings, 1)));
  std::size_t checked = 0;
  for (const auto& each : db::all_statements()) {
    if (!which(each) || each.sql == "COMMIT" || each.sql.starts_with("BEGIN"))
      continue;
    CAPTURE(database, each.name, each.sql);
    CHECK_THAT(faults(on, indexes, each), Catch::Equals(std::vector<std::string>{}));
    ++checked;
  }
  must(on.exec_script("ROLLBACK"));
  return checked;
}

/// Explains each statement as one that runs in a transaction of a batch.
void check_plans(db::connection& on, const char* database) {
  CHECK(check_plans_of(on, database, {.prepared = &db::plan_settings}, is_write) > 120);
}

/// Only these read parked operations. All indexes of a table that ANALYZE saw empty cost the same,
/// so such a plan may read any of them, until the next ANALYZE, which comes with the first rows.
constexpr std::array of_parked{"records_like", "records_repost", "records_list_item",
                               "memberships_of"};

/// The same of those that look up many keys, as readers run them.
void check_look_ups(db::connection& on, const char* database, bool is_known_empty = false) {
  constexpr std::array look_ups{"records_",        "actors",        "counts_of_interactions",
                                "counts_of_lists", "ids_of_",       "dids_of_ids",
                                "uris_of_ids",     "latest_rev",    "likes_by_of",
                                "reposts_by_of",   "follows_by_of", "list_blocks_by_of",
                                "memberships_of",  "relationships", "blocks_of_pairs"};
  const auto for_transaction = db::params().boolean(true);
  CHECK(check_plans_of(on, database, {.prepared = &reads::reader_plans, .values = &for_transaction},
                       [&](const auto& each) {
                         return is_among(look_ups, each.name) &&
                                !(is_known_empty && is_among(of_parked, each.name));
                       }) > 30);
}

/// Rows for every table, with each number in every column of an integer or text type, and without
/// any statistics.
void fill(db::connection& on, int rows) {
  must(on.exec_script(fmt::format(R"sql(
    DO $$
    DECLARE
      target record;
    BEGIN
      FOR target IN
        SELECT t.oid::regclass AS name, string_agg(quote_ident(a.attname), ', ') AS columns,
          string_agg(CASE format_type(a.atttypid, NULL)
            WHEN 'bigint' THEN 'i' WHEN 'integer' THEN 'i' WHEN 'smallint' THEN '1'
            WHEN 'text' THEN 'i::text' WHEN 'bytea' THEN '''x''::bytea' WHEN 'boolean' THEN 'false'
            WHEN 'jsonb' THEN '''{{}}''' WHEN 'timestamp with time zone' THEN 'now()'
            ELSE 'NULL' END, ', ') AS values
        FROM pg_class t
        JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
          AND a.attidentity = '' AND (a.attnotnull AND NOT a.atthasdef OR a.attname ~ '_id$')
        WHERE t.relnamespace = 'public'::regnamespace AND t.relkind = 'r'
          AND t.relname NOT IN ('schema_migrations', 'streams', 'leases', 'firehose_cursor',
            'cluster_members', 'cluster_state', 'shard_placement')
        GROUP BY t.oid
      LOOP
        EXECUTE format('ALTER TABLE %s SET (autovacuum_enabled = false)', target.name);
        EXECUTE format('INSERT INTO %s(%s) SELECT %s FROM generate_series(1, {}) AS n(i)',
          target.name, target.columns, target.values);
      END LOOP;
    END
    $$
  )sql",
                                  rows)));
}

} // namespace

TEST_CASE("no plan of a write reads a whole table, with statistics or without") {
  auto on = connect_to(pg_fixture::migrated_database());
  check_plans(on, "an empty database");
  fill(on, 100'000);
  check_plans(on, "a database without statistics");
  must(on.exec_script("ANALYZE"));
  check_plans(on, "a database with statistics");
}

TEST_CASE("each key that readers ask for is looked up, on whatever tables the plan was made") {
  auto on = connect_to(pg_fixture::migrated_database());
  check_look_ups(on, "an empty database");
  must(on.exec_script("ANALYZE"));
  check_look_ups(on, "a database that was empty when its statistics were made", true);
  fill(on, 10'000);
  check_look_ups(on, "a database with other statistics");
}

TEST_CASE("without plan_settings some plans do, so the check of plans can fail") {
  auto on = connect_to(pg_fixture::migrated_database());
  const auto indexes = read_leading_columns(on);
  must(on.exec_script("SET plan_cache_mode = force_generic_plan"));
  for (const auto* name : {"likes_insert", "likes_subjects_of", "cancel_pending"}) {
    const auto statements = db::all_statements();
    const auto found = std::ranges::find(statements, name, &db::registered_statement::name);
    REQUIRE(found != statements.end());
    CAPTURE(name);
    CHECK(!faults(on, indexes, *found).empty());
  }
}
