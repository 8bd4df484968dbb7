#include "db/accounts/purge.hpp"

#include "db/accounts/account_removal.hpp"
#include "db/accounts/older_transactions.hpp"
#include "db/accounts/purge_transaction.hpp"
#include "db/pg/row_reader.hpp"

#include <optional>
#include <vector>

namespace prism::db {

namespace {

const statement newer_deletion{"newer_deletion", R"sql(
  SELECT did, (
    SELECT min(place)
    FROM account_deletions
    WHERE user_id = $1 AND event_time = $3
  )
  FROM users
  WHERE id = $1 AND (status_place IS NULL OR status_place < $2)
)sql"};

// The batch writes the place of the event, so that all of it is repeated after a crash.
const statement put_mark{"mark_deleted", R"sql(
  UPDATE users u
  SET status = 'deleted'
  FROM unnest($1::int8[], $2::int8[]) AS n(id, place)
  WHERE u.id = n.id AND (u.status_place IS NULL OR u.status_place < n.place)
    AND u.status IS DISTINCT FROM 'deleted'
)sql"};

/// The removal that a believed event causes: of everything stored, since it comes in its order, or,
/// if it comes again, of what is from before its first place; empty if a newer event of the account
/// is stored.
[[nodiscard]] outcome<std::optional<account_removal>>
believed_removal(executor& on, const batch& of, const account_event& event) {
  const auto account = of.user_ids[event.account];
  params p;
  p.int8(account).int8(event.place).timestamptz(event.time);
  const auto newer = on.exec_prepared(newer_deletion, p);
  if (!newer)
    return tl::unexpected(newer.error());
  if (newer->empty())
    return std::nullopt;
  std::string did;
  std::optional<stream_place> first;
  row_reader(*newer, 0) >> did >> first;
  return account_removal{std::move(did), account, event.place, first.value_or(end_of_places)};
}

[[nodiscard]] bool is_believed(const batch& of, const account_event& event) {
  return !of.verify_deletions && is_deletion(event);
}

/// Locks the shard's cursor, which does not move.
/// @returns whether the batch is still to be applied
[[nodiscard]] outcome<bool> open_before_batch(tx& on, const batch& of) {
  pipeline prologue(on);
  const auto cursor_at = queue_prologue(prologue, of.service, of.shard);
  const auto results = prologue.sync();
  if (!results)
    return tl::unexpected(results.error());
  const auto seq = read_cursor((*results)[cursor_at], of.service, of.token);
  if (!seq)
    return tl::unexpected(seq.error());
  return *seq < of.last_seq || !of.moves_cursor;
}

/// Marks the accounts as deleted, so that transactions that begin from now on do not notify them.
[[nodiscard]] outcome<bool> mark_before_batch(tx& on, const batch& of,
                                              const std::vector<const account_event*>& deletions) {
  auto open = open_before_batch(on, of);
  if (!open || !*open)
    return open;
  params p;
  p.int8_array(deletions, [&](const auto* each) {
     return of.user_ids[each->account];
   }).int8_array(deletions, [](const auto* each) { return each->place; });
  if (auto done = on.exec_prepared(put_mark, p); !done)
    return tl::unexpected(done.error());
  return true;
}

/// One chunk of a believed deletion before its batch.
[[nodiscard]] outcome<bool> purge_chunk_before_batch(tx& on, const batch& of,
                                                     const account_event& event, late_locks& late,
                                                     apply_report& report) {
  auto open = open_before_batch(on, of);
  if (!open || !*open)
    return open;
  const auto removal = believed_removal(on, of, event);
  if (!removal)
    return tl::unexpected(removal.error());
  return *removal ? delete_chunk(on, **removal, late, report) : outcome<bool>{false};
}

} // namespace

outcome<void> purge_before_batch(connection& on, const tx_options& options, const batch& of,
                                 apply_report& sum) {
  std::vector<const account_event*> deletions;
  for (const auto& event : of.accounts)
    if (is_believed(of, event))
      deletions.push_back(&event);
  if (deletions.empty())
    return {};
  const auto marked = transaction::run(
      on, options, [&](tx& inside) { return mark_before_batch(inside, of, deletions); });
  if (!marked)
    return tl::unexpected(marked.error());
  if (!*marked)
    return {};
  if (auto waited = wait_for_older_transactions(on, options.deadline); !waited)
    return waited;
  for (const auto* event : deletions) {
    auto done =
        run_chunks(on, options, sum, [&](tx& inside, late_locks& late, apply_report& report) {
          return purge_chunk_before_batch(inside, of, *event, late, report);
        });
    if (!done)
      return done;
  }
  return {};
}

outcome<void> purge_deleted(executor& on, const batch& of, late_locks& late, apply_report& report) {
  for (const auto& event : of.accounts) {
    if (!is_believed(of, event))
      continue;
    const auto removal = believed_removal(on, of, event);
    if (!removal)
      return tl::unexpected(removal.error());
    for (bool more = removal->has_value(); more;) {
      const auto done = delete_chunk(on, **removal, late, report);
      if (!done)
        return tl::unexpected(done.error());
      more = *done;
    }
  }
  return {};
}

} // namespace prism::db
