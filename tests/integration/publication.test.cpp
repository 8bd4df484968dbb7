#include "db/embedded/embedded_postgres.hpp"
#include "tests/integration/indexing.hpp"
#include "tests/integration/query_helpers.hpp"
#include "tests/integration/running_node.hpp"
#include "tests/support/must.hpp"
#include "tests/support/pg_fixture.hpp"

#include <catch2/catch.hpp>

// Somebody publishes all tables: for logical replication, a change feed or an upgrade.

using namespace prism;
using namespace prism::test;

namespace {

/// Makes and unmakes what has feed items, notifications and counts.
void apply_and_undo(index_target& target) {
  firehose_builder events;
  const auto post = events.post("alice", "p1");
  const auto like = events.like("bob", "l1", post);
  events.remove(events.repost("bob", "r1", post));
  events.remove(events.reply("carol", "p2", post, post));
  events.remove(events.follow("bob", "f1", "alice"));
  events.like("carol", "l2", post);
  events.repost("carol", "r2", post);
  events.remove(like);
  events.account("carol", false, "deleted");
  target.apply(events.take(), 1);
}

} // namespace

TEST_CASE("every table takes updates and deletions while all tables are published") {
  auto on = connect_to(pg_fixture::migrated_database());
  must(on.exec_script("CREATE PUBLICATION everything FOR ALL TABLES"));
  const auto tables = must(on.exec(
      "SELECT quote_ident(t.schemaname) || '.' || quote_ident(t.tablename), quote_ident(c.attname) "
      "FROM pg_tables t JOIN pg_attribute c ON c.attrelid = t.tablename::regclass AND c.attnum > 0 "
      "AND c.attidentity = '' AND NOT c.attisdropped WHERE t.schemaname = 'public'"));
  CHECK(tables.rows() > 30);
  for (std::size_t i = 0; i < tables.rows(); ++i) {
    const std::string table{tables.get_text(i, 0)};
    const std::string column{tables.get_text(i, 1)};
    CAPTURE(table, column);
    // PostgreSQL refuses before it looks for rows.
    must(on.exec("DELETE FROM " + table + " WHERE false"));
    must(on.exec("UPDATE " + table + " SET " + column + " = " + column + " WHERE false"));
  }
}

TEST_CASE("a publication of all tables changes no row") {
  index_target plain;
  apply_and_undo(plain);
  index_target published;
  must(published.connection.exec_script("CREATE PUBLICATION everything FOR ALL TABLES"));
  apply_and_undo(published);
  CHECK(published.count("dead_letters") == 0);
  CHECK(published.fingerprints() == plain.fingerprints());
}

TEST_CASE("a subscriber of all tables has the same rows") {
  const scratch_directory directory;
  db::embedded_options options;
  options.directory = directory.path() / "postgres";
  options.settings = {{"wal_level", "logical"}, {"fsync", "off"}};
  auto server = db::embedded_postgres::start(std::move(options));
  REQUIRE(server);
  index_target source(server->conninfo());
  must(source.connection.exec_script("CREATE DATABASE copy"));
  auto copy = connect_to(server->conninfo("copy"));
  must(db::migrate(copy));
  must(copy.exec_script("TRUNCATE schema_migrations"));
  must(source.connection.exec_script("CREATE PUBLICATION everything FOR ALL TABLES"));
  // On one server the slot cannot be made together with the subscription.
  must(source.connection.exec("SELECT pg_create_logical_replication_slot('copy', 'pgoutput')"));
  must(copy.exec("CREATE SUBSCRIPTION copy CONNECTION $$" + server->conninfo() +
                 "$$ PUBLICATION everything WITH (create_slot = false, slot_name = 'copy', "
                 "copy_data = false)"));
  apply_and_undo(source);
  const auto expected = source.fingerprints();
  const auto end = value(source.connection, "SELECT pg_current_wal_lsn()::text");
  CHECK(eventually([&] {
    return value(source.connection, "SELECT (confirmed_flush_lsn >= '" + end +
                                        "')::text FROM pg_replication_slots") == "true";
  }));
  CHECK(differing(fingerprints(copy), expected).empty());
  must(copy.exec("ALTER SUBSCRIPTION copy DISABLE"));
}
