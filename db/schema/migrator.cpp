#include "db/schema/migrator.hpp"

#include "db/pg/row_reader.hpp"
#include "db/pg/transaction.hpp"
#include "log/log.hpp"

#include <algorithm>
#include <thread>

namespace prism::db {
namespace {

using clock = connection::clock;
using std::chrono::milliseconds;

// "pris" and "migr" as numbers: any two that no other program uses in this database.
constexpr std::int32_t lock_class = 0x70726973;
constexpr std::int32_t lock_object = 0x6d696772;
constexpr milliseconds lock_poll{100};

const statement table_exists{"migrations_exist",
                             R"sql(select to_regclass('schema_migrations') is not null)sql"};
const statement select_applied{"migrations_applied", R"sql(
  select version, name, checksum
  from schema_migrations
  order by version
)sql"};
const statement insert_applied{"migration_insert", R"sql(
  insert into schema_migrations(version, name, checksum)
  values ($1, $2, $3)
)sql"};

constexpr const char* create_table = "create table schema_migrations ("
                                     "  version integer primary key,"
                                     "  name text not null,"
                                     "  checksum bytea not null,"
                                     "  applied_at timestamptz not null default now())";

/// The right to migrate, held as long as the object exists.
class migration_lock {
public:
  static outcome<migration_lock> take(const connect_options& target, milliseconds limit);

private:
  explicit migration_lock(connection conn) : conn_(std::move(conn)) {}
  connection conn_; // with an open transaction, whose end releases the lock
};

// Tries once, in a transaction of its own, which stays open on success.
outcome<bool> try_lock(connection& conn) {
  if (auto begun = conn.exec_script("begin"); !begun)
    return tl::unexpected(std::move(begun.error()));
  const auto got = conn.exec("select pg_try_advisory_xact_lock($1, $2)",
                             params().int4(lock_class).int4(lock_object));
  if (!got)
    return tl::unexpected(got.error());
  const bool is_locked = got->get_bool(0, 0);
  // A finished SELECT keeps its snapshot until the next command, and CREATE INDEX CONCURRENTLY
  // waits for all snapshots: one more command releases it while this process holds the lock or
  // waits.
  auto done = conn.exec_script(is_locked ? "set local idle_in_transaction_session_timeout = 0"
                                         : "rollback");
  if (!done)
    return tl::unexpected(std::move(done.error()));
  return is_locked;
}

outcome<migration_lock> migration_lock::take(const connect_options& target, milliseconds limit) {
  auto opened = connection::open(target);
  if (!opened)
    return tl::unexpected(std::move(opened.error()));
  const auto until = clock::now() + limit;
  for (bool logged = false;; logged = true) {
    const auto got = try_lock(*opened);
    if (!got)
      return tl::unexpected(got.error());
    if (*got)
      return migration_lock(std::move(*opened));
    if (clock::now() >= until)
      return db_fail(sqlstate::lock_not_available, "another process is migrating this database",
                     "migrate");
    if (!logged)
      log::schema().info("[Migrator] another process is migrating this database, waiting for it");
    std::this_thread::sleep_for(lock_poll);
  }
}

outcome<std::vector<applied_migration>> read_applied(executor& conn) {
  const auto exists = conn.exec_prepared(table_exists);
  if (!exists)
    return tl::unexpected(exists.error());
  std::vector<applied_migration> applied;
  if (!exists->get_bool(0, 0))
    return applied;
  const auto rows = conn.exec_prepared(select_applied);
  if (!rows)
    return tl::unexpected(rows.error());
  for (std::size_t i = 0; i < rows->rows(); ++i) {
    applied_migration done;
    std::span<const std::byte> sum;
    row_reader(*rows, i) >> done.version >> done.name >> sum;
    if (sum.size() == done.checksum.size()) // any other size does not match
      std::ranges::copy(sum, done.checksum.begin());
    applied.push_back(std::move(done));
  }
  return applied;
}

outcome<void> record(executor& conn, const migration& next) {
  const auto sum = checksum(next);
  params row;
  row.int4(next.version).text(next.name).bytea(sum);
  return conn.exec_prepared(insert_applied, row).map([](const result&) {});
}

tx_options migration_options(const migrate_options& options) {
  constexpr milliseconds lock_timeout{10'000}; // then the readers queued behind this one continue
  tx_options limits;
  limits.deadline = options.migration_timeout;
  limits.statement_timeout = options.migration_timeout;
  limits.lock_timeout = lock_timeout;
  return limits;
}

outcome<void> apply_in_transaction(connection& conn, const migration& next,
                                   const migrate_options& options) {
  return transaction::run(conn, migration_options(options), [&](tx& inside) -> outcome<void> {
    if (auto done = inside.exec_script(std::string(next.sql)); !done)
      return done;
    return record(inside, next);
  });
}

outcome<void> apply_statements(connection& conn, const migration& next,
                               const migrate_options& options) {
  const auto before = conn.deadline();
  conn.set_deadline(clock::now() + options.migration_timeout);
  outcome<void> done;
  for (const auto statement_text : split_statements(next.sql)) {
    done = conn.exec_script(std::string(statement_text));
    if (!done)
      break;
  }
  if (done)
    done = record(conn, next);
  conn.set_deadline(before);
  return done;
}

outcome<void> apply(connection& conn, const migration& next, const migrate_options& options) {
  const auto started = clock::now();
  auto done = next.in_transaction() ? apply_in_transaction(conn, next, options)
                                    : apply_statements(conn, next, options);
  if (!done) {
    auto failure = std::move(done.error());
    failure.message = fmt::format("migration {}: {}", next.label(), failure.message);
    return tl::unexpected(std::move(failure));
  }
  log::schema().info("[Migrator] applied {} in {} ms", next.label(),
                     std::chrono::duration_cast<milliseconds>(clock::now() - started).count());
  return {};
}

} // namespace

outcome<migration_report> migrate(connection& conn, std::span<const migration> known,
                                  const migrate_options& options) {
  const auto lock = migration_lock::take(conn.options(), options.lock_timeout);
  if (!lock)
    return tl::unexpected(lock.error());
  const auto applied = read_applied(conn);
  if (!applied)
    return tl::unexpected(applied.error());
  const auto pending = pending_migrations(known, *applied);
  if (!pending)
    return tl::unexpected(pending.error());
  const int before = static_cast<int>(applied->size());
  migration_report report{before, before, {}};
  if (const auto exists = conn.exec_prepared(table_exists); !exists)
    return tl::unexpected(exists.error());
  else if (!exists->get_bool(0, 0))
    if (auto created = conn.exec_script(create_table); !created)
      return tl::unexpected(std::move(created.error()));
  for (const auto& next : *pending) {
    if (auto done = apply(conn, next, options); !done)
      return tl::unexpected(std::move(done.error()));
    report.version_now = next.version;
    report.applied.push_back(next.label());
  }
  return report;
}

} // namespace prism::db
