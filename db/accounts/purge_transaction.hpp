#pragma once

#include "db/index/late_locks.hpp"
#include "db/index/plan_settings.hpp"
#include "db/index/progress.hpp"
#include "db/index/report.hpp"
#include "db/pg/pipeline.hpp"
#include "db/pg/row_reader.hpp"
#include "db/pg/transaction.hpp"

#include <string_view>

/// The transactions of a purge: how each begins, and how they follow each other. For purge.cpp and
/// confirmed_purge.cpp.
namespace prism::db {

// Waits for the shard's running batch and blocks the next one.
inline const statement lock_cursor{"lock_cursor", R"sql(
  SELECT epoch, seq
  FROM firehose_cursor
  WHERE service = $1 AND shard = $2
  FOR UPDATE
)sql"};

// Keeps the shard where it is; batches go on.
inline const statement hold_cursor{"hold_cursor", R"sql(
  SELECT epoch, seq
  FROM firehose_cursor
  WHERE service = $1 AND shard = $2
  FOR KEY SHARE
)sql"};

/// Queues the statements that each transaction of a purge begins with.
/// @param cursor `lock_cursor` or `hold_cursor`.
/// @returns the index of the result for `read_cursor`.
inline std::size_t queue_prologue(pipeline& out, std::string_view service, std::int32_t shard,
                                  const statement& cursor = lock_cursor) {
  out.add(plan_settings);
  return out.add(cursor, std::move(params{}.text(service).int4(shard)));
}

/// The cursor of the shard, which is locked now; an error with `fenced_state` if `token` is not the
/// current one.
[[nodiscard]] inline outcome<std::int64_t> read_cursor(const result& rows, std::string_view service,
                                                       std::int64_t token) {
  if (rows.empty())
    return tl::unexpected(fenced(service, token));
  std::int64_t current = 0;
  std::int64_t seq = 0;
  row_reader(rows, 0) >> current >> seq;
  if (current > token)
    return tl::unexpected(fenced(service, token));
  if (current < token)
    return tl::unexpected(went_back("token", current, token));
  return seq;
}

/// Runs `delete_one(tx&, late_locks&, apply_report&)`, which deletes a chunk, each time in its own
/// transaction, until it returns that there is no more. Adds the reports of the committed ones to
/// `sum`; that of a transaction whose COMMIT was not answered is lost.
template <class Chunk>
[[nodiscard]] outcome<void> run_chunks(connection& on, const tx_options& options, apply_report& sum,
                                       const Chunk& delete_one) {
  for (;;) {
    apply_report report;
    late_locks late;
    const auto more = transaction::run(on, options, [&](tx& inside) {
      report = {};
      return delete_one(inside, late, report);
    });
    if (!more)
      return tl::unexpected(more.error());
    sum.add(std::move(report));
    if (!*more)
      return {};
  }
}

} // namespace prism::db
