#include "db/pg/sqlstate.hpp"

#include <catch2/catch.hpp>

using namespace prism::db;

TEST_CASE("every expected SQLSTATE has its class") {
  struct row {
    const char* state;
    error_class alive;
    error_class lost;
  };
  using enum error_class;
  const row table[] = {
      {"40001", transient, transient}, // serialization_failure
      {"40P01", transient, transient}, // deadlock_detected
      {"55P03", transient, transient}, // lock_not_available
      {"57014", transient, transient}, // query_canceled
      {"53100", transient, transient}, // disk_full
      {"53300", transient, transient}, // too_many_connections
      {"PP001", transient, transient}, // our pool: queue full
      {"PP002", transient, transient}, // our pool: acquire timeout
      {"57P01", transient, transient}, // admin_shutdown
      {"57P02", transient, transient}, // crash_shutdown
      {"57P03", transient, transient}, // cannot_connect_now
      {"25P04", transient, transient}, // transaction_timeout
      {"F0000", fatal, transient},     // our own settings
      {"57P04", fatal, fatal},         // database_dropped
      {"08006", transient, transient}, // connection_failure
      {"08001", transient, transient}, // cannot connect
      {"08P01", fatal, transient},     // protocol violation; poolers end sessions with it
      {"08007", commit_unknown, commit_unknown},
      {"40003", commit_unknown, commit_unknown},
      {"40002", poison, poison},
      {"25P03", transient, transient}, // idle in transaction
      {"25006", transient, transient}, // read-only
      {"26000", transient, transient}, // the prepared statement does not exist
      {"42P05", transient, transient}, // … or is there already
      {"21000", poison, poison},       // ON CONFLICT met a row twice
      {"22021", poison, poison},       // bad UTF-8
      {"22P02", poison, poison},       // bad JSON
      {"23505", poison, poison},       // unique
      {"23503", poison, poison},       // foreign key
      {"23514", poison, poison},       // check
      {"54000", poison, poison},       // too large
      {"54001", poison, poison},       // statement too complex
      {"P0001", poison, poison},       // raised by a trigger
      {"42P01", fatal, fatal},         // no such table
      {"42601", fatal, fatal},         // syntax
      {"42501", fatal, fatal},         // rights
      {"28P01", fatal, fatal},         // password
      {"3D000", fatal, fatal},         // no such database
      {"25P02", fatal, transient},     // statement in a failed transaction
      {"0A000", fatal, transient},     // unsupported
      {"55000", fatal, transient},     // object not in prerequisite state
      {"XX001", fatal, transient},     // corrupted data
      {"", fatal, transient},          // libpq's own errors
      {"4000", fatal, transient},      // not a state at all
  };
  for (const auto& entry : table) {
    CAPTURE(entry.state);
    CHECK(classify(entry.state, false) == entry.alive);
    CHECK(classify(entry.state, true) == entry.lost);
  }
}

TEST_CASE(
    "a rejected login is transient if the database does not accept connections at the moment") {
  using enum error_class;
  CHECK(classify_refusal("55000") == transient);
  CHECK(classify_refusal("53300") == transient);
  CHECK(classify_refusal("57P03") == transient);
  CHECK(classify_refusal("08001") == transient);
  for (const auto* const state : {"28P01", "28000", "3D000", "42501", "0A000", "XX000"}) {
    CAPTURE(state);
    CHECK(classify_refusal(state) == fatal);
  }
}

TEST_CASE("an error for use outside db/ has state and statement") {
  const auto failure = make_error("40P01", "deadlock detected", "insert_likes");
  CHECK(describe(failure) == "40P01 (transient) in insert_likes: deadlock detected");
  CHECK(to_error(failure).code == prism::errc::transient);
  CHECK(to_error(make_error("57014", "x")).code == prism::errc::timeout);
  CHECK(to_error(make_error("23505", "x")).code == prism::errc::invalid);
  CHECK(to_error(make_error("42601", "x")).code == prism::errc::fatal);
  CHECK(to_error(failure).message.find("insert_likes") != std::string::npos);
}
