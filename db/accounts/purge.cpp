#include "db/accounts/purge.hpp"

#include "db/accounts/account_removal.hpp"
#include "db/accounts/purge_transaction.hpp"

#include <optional>

namespace prism::db {

namespace {

const statement newer_deletion{"newer_deletion", R"sql(
  SELECT did
  FROM users
  WHERE id = $1 AND (status_place IS NULL OR status_place < $2)
)sql"};

/// The removal that a believed event causes: of everything stored, since it comes in its order;
/// empty if a newer event of the account is stored.
[[nodiscard]] outcome<std::optional<account_removal>>
believed_removal(executor& on, const batch& of, const account_event& event) {
  const auto account = of.user_ids[event.account];
  params p;
  p.int8(account).int8(event.place);
  const auto newer = on.exec_prepared(newer_deletion, p);
  if (!newer)
    return tl::unexpected(newer.error());
  if (newer->empty())
    return std::nullopt;
  return account_removal{std::string{newer->get_text(0, 0)}, account, event.place, end_of_places};
}

[[nodiscard]] bool is_believed(const batch& of, const account_event& event) {
  return !of.verify_deletions && is_deletion(event);
}

/// One chunk of a believed deletion before its batch. The cursor does not move.
[[nodiscard]] outcome<bool> purge_chunk_before_batch(tx& on, const batch& of,
                                                     const account_event& event, late_locks& late,
                                                     apply_report& report) {
  pipeline prologue(on);
  const auto cursor_at = queue_prologue(prologue, of.service, of.shard);
  const auto results = prologue.sync();
  if (!results)
    return tl::unexpected(results.error());
  const auto seq = read_cursor((*results)[cursor_at], of.service, of.epoch);
  if (!seq)
    return tl::unexpected(seq.error());
  if (*seq >= of.last_seq && of.moves_cursor)
    return false;
  const auto removal = believed_removal(on, of, event);
  if (!removal)
    return tl::unexpected(removal.error());
  return *removal ? delete_chunk(on, **removal, late, report) : outcome<bool>{false};
}

} // namespace

outcome<void> purge_before_batch(connection& on, const tx_options& options, const batch& of,
                                 apply_report& sum) {
  for (const auto& event : of.accounts) {
    if (!is_believed(of, event))
      continue;
    auto done =
        run_chunks(on, options, sum, [&](tx& inside, late_locks& late, apply_report& report) {
          return purge_chunk_before_batch(inside, of, event, late, report);
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
