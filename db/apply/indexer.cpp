#include "db/apply/indexer.hpp"

#include "core/crash_point.hpp"
#include "db/accounts/purge.hpp"
#include "db/batch/op_columns.hpp"
#include "db/index/batch_writer.hpp"
#include "db/index/plan_settings.hpp"
#include "db/index/progress.hpp"
#include "db/index/refused_records.hpp"
#include "db/index/removal_locks.hpp"
#include "db/index/users.hpp"

#include <algorithm>
#include <unordered_set>

namespace prism::db {

using atproto::collection;

namespace {

[[nodiscard]] std::vector<std::int64_t> repos_of(const batch& of) {
  std::vector<std::int64_t> out;
  for (const auto& op : of.ops)
    out.push_back(of.user_ids[op.creator]);
  for (const auto& op : of.refused)
    out.push_back(of.user_ids[op.creator]);
  std::ranges::sort(out);
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

/// Users that have refused records.
[[nodiscard]] std::unordered_set<std::int64_t>
users_with_refused(const std::vector<stored_repo>& repos) {
  std::unordered_set<std::int64_t> out;
  for (const auto& repo : repos)
    if (repo.has_refused)
      out.insert(repo.user_id);
  return out;
}

[[nodiscard]] known_repos repos_by_ref(const std::vector<stored_repo>& repos, const batch& of) {
  std::unordered_map<std::int64_t, known_repo> by_id;
  for (const auto& repo : repos)
    by_id.emplace(repo.user_id, repo.known);
  known_repos out;
  for (did_ref ref = 0; ref < of.user_ids.size(); ++ref)
    if (const auto found = by_id.find(of.user_ids[ref]); found != by_id.end())
      out.emplace(ref, found->second);
  return out;
}

/// Drops the stored revs that equal the batch's own, so that its operations count as new.
void drop_equal_revs(known_repos& repos, const batch& of) {
  for (const auto& op : of.ops)
    if (const auto at = repos.find(op.creator); at != repos.end() && at->second.rev == op.rev)
      at->second.rev.clear();
}

/// An operation without the columns of its collection is a fault of this program. It is poison:
/// left out alone, and kept as a dead letter.
[[nodiscard]] outcome<void> check_columns(const batch& of) {
  const auto wrong =
      std::ranges::find_if(of.ops, [](const op& each) { return !has_its_columns(each); });
  if (wrong == of.ops.end())
    return {};
  return tl::unexpected(db_error{
      error_class::poison, std::string{sqlstate::internal},
      fmt::format("the columns of {} are not those of its collection", path_of(*wrong)), "apply"});
}

/// What the first round trip reads.
struct batch_prologue {
  advance cursor{advance::moved};
  known_repos repos;
  std::unordered_set<std::int64_t> with_refused;
  std::vector<std::int64_t> also_lock;
};

[[nodiscard]] outcome<batch_prologue> open_batch(executor& on, const batch& of,
                                                 const std::vector<std::int64_t>& uri_ids) {
  pipeline out(on);
  out.add(plan_settings);
  const auto cursor_at = out.size();
  queue_advance_cursor(out, of);
  const auto revs_at = out.size();
  queue_select_revs(out, repos_of(of));
  const auto locks_at = out.size();
  queue_select_touched_posts(out, of, uri_ids);
  const auto results = out.sync();
  if (!results)
    return tl::unexpected(results.error());
  const auto cursor = read_advance((*results)[cursor_at], of);
  if (!cursor)
    return tl::unexpected(cursor.error());
  batch_prologue done;
  done.cursor = *cursor;
  const auto repos = read_revs((*results)[revs_at]);
  done.repos = repos_by_ref(repos, of);
  done.with_refused = users_with_refused(repos);
  read_touched_posts(*results, locks_at, done.also_lock);
  return done;
}

/// How a batch is applied.
struct apply_mode {
  /// The batch is not its shard's next one: the cursor is beyond it already and does not move.
  bool again{false};
  rev_filter revs{rev_filter::newer};
};

[[nodiscard]] outcome<apply_report> apply_inside(executor& on, const batch& of,
                                                 const std::vector<std::int64_t>& uri_ids,
                                                 late_locks& late, apply_mode mode) {
  if (auto checked = check_columns(of); !checked)
    return tl::unexpected(checked.error());
  auto opened = open_batch(on, of, uri_ids);
  if (!opened)
    return tl::unexpected(opened.error());
  apply_report report;
  if (opened->cursor == advance::fenced)
    return tl::unexpected(fenced(of));
  if (opened->cursor == advance::already_there && !mode.again) {
    report.already_applied = true;
    return report;
  }
  if (mode.revs == rev_filter::newer_or_equal)
    drop_equal_revs(opened->repos, of);
  const id_map ids{of, uri_ids};
  auto plan = make_plan(of, opened->repos);
  report.stale = static_cast<std::uint32_t>(plan.stale);
  const auto refused = refused_changes_of(plan, ids, opened->with_refused);
  effects effects;
  batch_writer writer(on, ids, std::move(plan), effects, report);
  // A caller that applies several batches in one transaction takes locks out of order anyway.
  if (auto written = writer.write(opened->also_lock, mode.again ? nullptr : &late); !written)
    return tl::unexpected(written.error());
  if (auto purged = purge_deleted(on, of, late, report); !purged)
    return tl::unexpected(purged.error());
  pipeline last(on);
  effects.flush(last);
  queue_refused(last, refused);
  queue_upsert_heads(last, of);
  queue_user_events(last, of);
  if (!last.empty())
    if (auto done = last.sync(); !done)
      return tl::unexpected(done.error());
  hit(crash_point::before_commit);
  return report;
}

} // namespace

outcome<apply_report> apply_batch(connection& on, const tx_options& options, const batch& of) {
  partial_report ignored;
  return apply_batch(on, options, of, ignored);
}

outcome<apply_report> apply_batch(connection& on, const tx_options& options, const batch& of,
                                  partial_report& partial) {
  const auto uri_ids = intern_uris(on, of, options.server_start);
  if (!uri_ids)
    return tl::unexpected(uri_ids.error());
  if (auto ahead = purge_before_batch(on, options, of, partial.done); !ahead)
    return tl::unexpected(ahead.error());
  late_locks late;
  auto done = run_reporting(on, options, partial.unconfirmed, [&](tx& inside) {
    return apply_inside(inside, of, *uri_ids, late, {});
  });
  if (done)
    done->add(std::exchange(partial.done, {}));
  return done;
}

outcome<apply_report> apply_in_transaction(executor& inside, const batch& of,
                                           const std::vector<std::int64_t>& uri_ids,
                                           late_locks& late, rev_filter revs) {
  return apply_inside(inside, of, uri_ids, late, {.again = true, .revs = revs});
}

} // namespace prism::db
