#include "db/accounts/older_transactions.hpp"

#include "db/pg/row_reader.hpp"

#include <fmt/format.h>
#include <thread>

namespace prism::db {

namespace {

// A batch has a transaction id from its first statement on, which locks the cursor. A role sees
// those of its own sessions.
const statement open_transactions{"open_transactions", R"sql(
  SELECT pid, backend_xid::text::int8
  FROM pg_stat_activity
  WHERE datname = current_database() AND backend_xid IS NOT NULL
)sql"};

const statement still_open{"still_open_transactions", R"sql(
  SELECT count(*)
  FROM pg_stat_activity a
  JOIN unnest($1::int4[], $2::int8[]) AS o(pid, xid)
    ON o.pid = a.pid AND o.xid = a.backend_xid::text::int8
)sql"};

struct open_transaction {
  std::int32_t pid{0};
  std::int64_t id{0};
};

} // namespace

outcome<void> wait_for_older_transactions(connection& on, std::chrono::milliseconds limit) {
  const auto rows = on.exec_prepared(open_transactions, {});
  if (!rows)
    return tl::unexpected(rows.error());
  const auto older = read_rows<open_transaction>(
      *rows, [](open_transaction& out, row_reader& row) { row >> out.pid >> out.id; });
  params p;
  p.int4_array(older, &open_transaction::pid).int8_array(older, &open_transaction::id);
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!older.empty()) {
    const auto left = on.exec_prepared(still_open, p);
    if (!left)
      return tl::unexpected(left.error());
    if (left->get_int8(0, 0) == 0)
      break;
    if (std::chrono::steady_clock::now() >= until)
      return tl::unexpected(
          db_error{error_class::transient, "55P03",
                   fmt::format("{} older transactions have not ended within {} ms",
                               left->get_int8(0, 0), limit.count()),
                   "purge"});
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  return {};
}

} // namespace prism::db
