#include "db/accounts/older_transactions.hpp"

#include "db/pg/row_reader.hpp"

#include <fmt/format.h>
#include <thread>

namespace prism::db {

namespace {

// Every transaction that writes notifications first locks a row of firehose_cursor, which takes one
// of these two locks on the table.
const statement open_transactions{"open_transactions", R"sql(
  SELECT virtualtransaction
  FROM pg_locks
  WHERE relation = 'firehose_cursor'::regclass
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND mode IN ('RowShareLock', 'RowExclusiveLock')
)sql"};

const statement still_open{"still_open_transactions", R"sql(
  SELECT count(DISTINCT virtualtransaction)
  FROM pg_locks
  WHERE virtualtransaction = ANY($1)
)sql"};

} // namespace

outcome<void> wait_for_older_transactions(connection& on, std::chrono::milliseconds limit) {
  const auto rows = on.exec_prepared(open_transactions, {});
  if (!rows)
    return tl::unexpected(rows.error());
  const auto older =
      read_rows<std::string>(*rows, [](std::string& out, row_reader& row) { row >> out; });
  params p;
  p.text_array(older);
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!older.empty()) {
    const auto left = on.exec_prepared(still_open, p);
    if (!left)
      return tl::unexpected(left.error());
    if (left->get_int8(0, 0) == 0)
      break;
    if (std::chrono::steady_clock::now() >= until)
      return tl::unexpected(
          db_error{error_class::transient, std::string{sqlstate::lock_not_available},
                   fmt::format("{} older transactions have not ended within {} ms",
                               left->get_int8(0, 0), limit.count()),
                   "purge"});
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  return {};
}

} // namespace prism::db
