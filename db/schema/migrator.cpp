#include "db/schema/migrator.hpp"

#include "db/pg/transaction.hpp"

#include <algorithm>
#include <spdlog/spdlog.h>
#include <thread>

namespace prism::db {
namespace {

using clock = connection::clock;
using std::chrono::milliseconds;

// "prism" and "migr" as numbers: any two that nobody else in this database uses.
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

/// Holds the right to migrate as long as it lives.
class migration_lock {
public:
  static outcome<migration_lock> take(const connect_options& to, milliseconds limit);

private:
  explicit migration_lock(connection on) : on_(std::move(on)) {}
  connection on_; // with an open transaction; its end frees the lock
};

// One try in a transaction of its own, which stays open if it succeeds.
outcome<bool> try_lock(connection& on) {
  if (auto begun = on.exec_script("begin"); !begun)
    return tl::unexpected(std::move(begun.error()));
  const auto got = on.exec("select pg_try_advisory_xact_lock($1, $2)",
                           params().int4(lock_class).int4(lock_object));
  if (!got)
    return tl::unexpected(got.error());
  const bool have = got->get_bool(0, 0);
  // Until the next command the answered SELECT keeps its snapshot, and CREATE INDEX CONCURRENTLY
  // waits for all snapshots: nothing may be left of it while we hold the lock, or wait for it.
  auto done =
      on.exec_script(have ? "set local idle_in_transaction_session_timeout = 0" : "rollback");
  if (!done)
    return tl::unexpected(std::move(done.error()));
  return have;
}

outcome<migration_lock> migration_lock::take(const connect_options& to, milliseconds limit) {
  auto opened = connection::open(to);
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
      spdlog::info("[Migrator] another process is migrating this database; waiting for it");
    std::this_thread::sleep_for(lock_poll);
  }
}

outcome<std::vector<applied_migration>> read_applied(executor& on) {
  const auto exists = on.exec_prepared(table_exists);
  if (!exists)
    return tl::unexpected(exists.error());
  std::vector<applied_migration> applied;
  if (!exists->get_bool(0, 0))
    return applied;
  const auto rows = on.exec_prepared(select_applied);
  if (!rows)
    return tl::unexpected(rows.error());
  for (std::size_t i = 0; i < rows->rows(); ++i) {
    applied_migration done{rows->get_int4(i, 0), std::string(rows->get_text(i, 1)), {}};
    const auto sum = rows->get_bytea(i, 2);
    if (sum.size() == done.checksum.size()) // any other size is a changed one
      std::ranges::copy(sum, done.checksum.begin());
    applied.push_back(std::move(done));
  }
  return applied;
}

outcome<void> record(executor& on, const migration& step) {
  const auto sum = checksum(step);
  params row;
  row.int4(step.version).text(step.name).bytea(sum);
  return on.exec_prepared(insert_applied, row).map([](const result&) {});
}

tx_options migration_options(const migrate_options& options) {
  constexpr milliseconds lock_timeout{10'000}; // then the readers that queue behind us get through
  tx_options each;
  each.deadline = options.migration_timeout;
  each.statement_timeout = options.migration_timeout;
  each.lock_timeout = lock_timeout;
  return each;
}

outcome<void> apply_in_transaction(connection& on, const migration& step,
                                   const migrate_options& options) {
  return transaction::run(on, migration_options(options), [&](tx& inside) -> outcome<void> {
    if (auto done = inside.exec_script(std::string(step.sql)); !done)
      return done;
    return record(inside, step);
  });
}

outcome<void> apply_statements(connection& on, const migration& step,
                               const migrate_options& options) {
  const auto before = on.deadline();
  on.set_deadline(clock::now() + options.migration_timeout);
  outcome<void> done;
  for (const auto statement_text : split_statements(step.sql)) {
    done = on.exec_script(std::string(statement_text));
    if (!done)
      break;
  }
  if (done)
    done = record(on, step);
  on.set_deadline(before);
  return done;
}

outcome<void> apply(connection& on, const migration& step, const migrate_options& options) {
  const auto started = clock::now();
  auto done = step.in_transaction() ? apply_in_transaction(on, step, options)
                                    : apply_statements(on, step, options);
  if (!done) {
    auto failure = std::move(done.error());
    failure.message = fmt::format("migration {}: {}", step.label(), failure.message);
    return tl::unexpected(std::move(failure));
  }
  spdlog::info("[Migrator] applied {} in {} ms", step.label(),
               std::chrono::duration_cast<milliseconds>(clock::now() - started).count());
  return {};
}

} // namespace

outcome<migration_report> migrate(connection& on, std::span<const migration> known,
                                  const migrate_options& options) {
  const auto lock = migration_lock::take(on.options(), options.lock_timeout);
  if (!lock)
    return tl::unexpected(lock.error());
  const auto applied = read_applied(on);
  if (!applied)
    return tl::unexpected(applied.error());
  const auto pending = pending_migrations(known, *applied);
  if (!pending)
    return tl::unexpected(pending.error());
  const int before = static_cast<int>(applied->size());
  migration_report report{before, before, {}};
  if (const auto exists = on.exec_prepared(table_exists); !exists)
    return tl::unexpected(exists.error());
  else if (!exists->get_bool(0, 0))
    if (auto made = on.exec_script(create_table); !made)
      return tl::unexpected(std::move(made.error()));
  for (const auto& step : *pending) {
    if (auto done = apply(on, step, options); !done)
      return tl::unexpected(std::move(done.error()));
    report.version_now = step.version;
    report.applied.push_back(step.label());
  }
  return report;
}

outcome<void> check_schema(executor& on, std::span<const migration> known) {
  const auto applied = read_applied(on);
  if (!applied)
    return tl::unexpected(applied.error());
  const auto pending = pending_migrations(known, *applied);
  if (!pending)
    return tl::unexpected(pending.error());
  if (!pending->empty())
    return db_fail(sqlstate::object_state,
                   fmt::format("the schema is at version {}, this program needs {} (next: {})",
                               applied->size(), known.size(), pending->front().label()),
                   "check_schema");
  return {};
}

} // namespace prism::db
