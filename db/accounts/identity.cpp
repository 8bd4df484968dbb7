#include "db/accounts/identity.hpp"

#include "db/index/plan_settings.hpp"
#include "db/pg/pipeline.hpp"
#include "db/pg/row_reader.hpp"

#include <map>

namespace prism::db {

namespace {

using task_outcome = identity_result::task_outcome;

// Index: identity_tasks_due, users_pkey.
const statement claim_tasks{"claim_identity_tasks", R"sql(
  WITH due AS (
    SELECT user_id, kind
    FROM identity_tasks
    WHERE due_at <= now() AND user_id <> ALL ($3)
    ORDER BY due_at
    LIMIT $1
    FOR UPDATE SKIP LOCKED
  )
  UPDATE identity_tasks t
  SET claimed = true, due_at = now() + $2 * interval '1 millisecond'
  FROM due d
  JOIN users u ON u.id = d.user_id
  WHERE t.user_id = d.user_id AND t.kind = d.kind
  RETURNING t.kind, t.user_id, u.did, t.event_time, t.forced, t.version, t.attempts,
    clock_timestamp()
)sql"};

const statement count_tasks{"count_identity_tasks", R"sql(
  SELECT count(*), count(*) FILTER (WHERE attempts = 0)
  FROM (SELECT attempts FROM identity_tasks LIMIT $1) AS counted
)sql"};

const statement release_tasks{"release_identity_tasks", R"sql(
  UPDATE identity_tasks
  SET claimed = false, due_at = now()
  WHERE claimed
)sql"};

// Two who want one handle take turns, whether or not it has a row.
const statement lock_handles{"lock_handles", R"sql(
  SELECT pg_advisory_xact_lock(hashtextextended(handle, 0))
  FROM (
    SELECT DISTINCT handle
    FROM unnest($1::text[]) AS n(handle)
    ORDER BY handle
  ) AS wanted
)sql"};

// Index: users_pkey, users_handle.
const statement lock_users{"lock_identity_users", R"sql(
  SELECT id
  FROM users
  WHERE id = ANY($1) OR handle = ANY($2)
  ORDER BY id
  FOR UPDATE
)sql"};

const statement take_handles{"take_handles", R"sql(
  UPDATE users u
  SET handle = NULL, handle_time = n.asked
  FROM unnest($1::int8[], $2::text[], $3::timestamptz[]) AS n(id, handle, asked)
  WHERE u.handle = n.handle AND u.id <> n.id
    AND (u.handle_time IS NULL OR u.handle_time < n.asked)
  RETURNING u.id
)sql"};

// Before any new one is given, or two users who swap theirs would collide.
const statement drop_handles{"drop_handles", R"sql(
  UPDATE users u
  SET handle = NULL
  FROM unnest($1::int8[], $2::text[]) AS n(id, handle)
  WHERE u.id = n.id AND u.handle <> n.handle
)sql"};

const statement give_handles{"give_handles", R"sql(
  UPDATE users u
  SET handle = n.handle, handle_time = n.asked, indexed_at = greatest(u.indexed_at, n.at)
  FROM unnest($1::int8[], $2::text[], $3::timestamptz[], $4::timestamptz[]) AS n(id, handle,
    asked, at)
  WHERE u.id = n.id AND u.status IS DISTINCT FROM 'deleted'
    AND NOT EXISTS (
      SELECT FROM users o
      WHERE o.handle = n.handle AND o.id <> n.id
    )
  RETURNING u.id
)sql"};

const statement refute_handles{"refute_handles", R"sql(
  UPDATE users u
  SET handle = NULL, handle_time = n.asked, indexed_at = greatest(u.indexed_at, n.at)
  FROM unnest($1::int8[], $2::timestamptz[], $3::timestamptz[]) AS n(id, asked, at)
  WHERE u.id = n.id AND u.status IS DISTINCT FROM 'deleted'
)sql"};

const statement finish_tasks{"finish_identity_tasks", R"sql(
  DELETE FROM identity_tasks t USING unnest($1::int8[], $2::int2[], $3::int4[]) AS d(user_id,
    kind, version)
  WHERE t.user_id = d.user_id AND t.kind = d.kind AND t.version = d.version
)sql"};

const statement delay_tasks{"delay_identity_tasks", R"sql(
  UPDATE identity_tasks t
  SET claimed = false, attempts = t.attempts + d.tries,
    due_at = now() + d.delay * interval '1 millisecond'
  FROM unnest($1::int8[], $2::int2[], $3::int4[], $4::int4[], $5::int8[]) AS d(user_id, kind,
    version, tries, delay)
  WHERE t.user_id = d.user_id AND t.kind = d.kind AND t.version = d.version
)sql"};

using result_refs = std::vector<const identity_result*>;

[[nodiscard]] std::int64_t id_of(const identity_result* r) {
  return r->task.user_id;
}
[[nodiscard]] std::int16_t kind_of(const identity_result* r) {
  return static_cast<std::int16_t>(r->task.kind);
}
[[nodiscard]] std::int32_t version_of(const identity_result* r) {
  return r->task.version;
}
[[nodiscard]] micros asked_of(const identity_result* r) {
  return r->task.asked_at;
}
[[nodiscard]] micros event_of(const identity_result* r) {
  return r->task.event_time;
}
[[nodiscard]] const std::string& handle_of(const identity_result* r) {
  return r->handle;
}

/// The results by what has to be done with them.
struct sorted_results {
  result_refs confirmed;
  result_refs refuted;
  result_refs finished;
  result_refs delayed;
};

// Of two who were told the same handle, the later one has it; the other is as good as refuted.
[[nodiscard]] sorted_results sort(const std::vector<identity_result>& results) {
  sorted_results out;
  std::map<std::string_view, const identity_result*> owners;
  for (const auto& each : results)
    if (each.what == task_outcome::confirmed) {
      auto& owner = owners[each.handle];
      if (owner == nullptr || owner->task.asked_at < each.task.asked_at)
        owner = &each;
    }
  for (const auto& each : results) {
    const bool later = each.what == task_outcome::failed || each.what == task_outcome::deferred;
    (later ? out.delayed : out.finished).push_back(&each);
    if (each.what == task_outcome::confirmed && owners[each.handle] == &each)
      out.confirmed.push_back(&each);
    else if (each.what == task_outcome::confirmed || each.what == task_outcome::refuted)
      out.refuted.push_back(&each);
  }
  return out;
}

void queue_handles(pipeline& out, const sorted_results& of) {
  result_refs all = of.confirmed;
  all.insert(all.end(), of.refuted.begin(), of.refuted.end());
  out.add(lock_handles, std::move(params{}.text_array(of.confirmed, handle_of)));
  out.add(lock_users,
          std::move(params{}.int8_array(all, id_of).text_array(of.confirmed, handle_of)));
  out.add(take_handles, std::move(params{}
                                      .int8_array(of.confirmed, id_of)
                                      .text_array(of.confirmed, handle_of)
                                      .timestamptz_array(of.confirmed, asked_of)));
  out.add(drop_handles,
          std::move(params{}.int8_array(of.confirmed, id_of).text_array(of.confirmed, handle_of)));
  out.add(refute_handles, std::move(params{}
                                        .int8_array(of.refuted, id_of)
                                        .timestamptz_array(of.refuted, asked_of)
                                        .timestamptz_array(of.refuted, event_of)));
  out.add(give_handles, std::move(params{}
                                      .int8_array(of.confirmed, id_of)
                                      .text_array(of.confirmed, handle_of)
                                      .timestamptz_array(of.confirmed, asked_of)
                                      .timestamptz_array(of.confirmed, event_of)));
}

void queue_tasks(pipeline& out, const sorted_results& of) {
  out.add(finish_tasks, std::move(params{}
                                      .int8_array(of.finished, id_of)
                                      .int2_array(of.finished, kind_of)
                                      .int4_array(of.finished, version_of)));
  out.add(delay_tasks,
          std::move(params{}
                        .int8_array(of.delayed, id_of)
                        .int2_array(of.delayed, kind_of)
                        .int4_array(of.delayed, version_of)
                        .int4_array(of.delayed,
                                    [](const identity_result* r) {
                                      return std::int32_t{r->what == task_outcome::failed ? 1 : 0};
                                    })
                        .int8_array(of.delayed, [](const identity_result* r) {
                          return static_cast<std::int64_t>(r->delay.count());
                        })));
}

} // namespace

outcome<claimed_tasks> claim_identity_tasks(executor& on, std::int64_t limit,
                                            std::chrono::milliseconds lease,
                                            const std::vector<std::int64_t>& busy) {
  pipeline out(on);
  out.add(claim_tasks,
          std::move(params{}.int8(limit).int8(std::int64_t{lease.count()}).int8_array(busy)));
  out.add(count_tasks, std::move(params{}.int8(claimed_tasks::count_limit)));
  const auto rows = out.sync();
  if (!rows)
    return tl::unexpected(rows.error());
  claimed_tasks done;
  done.tasks = read_rows<identity_task>(rows->front(), [](identity_task& task, row_reader& row) {
    row >> task.kind >> task.user_id >> task.did >> timestamp(task.event_time) >> task.forced >>
        task.version >> task.attempts >> timestamp(task.asked_at);
  });
  row_reader(rows->back(), 0) >> done.queued >> done.untried;
  return done;
}

outcome<void> release_identity_tasks(executor& on) {
  if (auto done = on.exec_prepared(release_tasks); !done)
    return tl::unexpected(done.error());
  return {};
}

outcome<identity_report> store_identity_results(connection& on, const tx_options& options,
                                                const std::vector<identity_result>& results) {
  const auto sorted = sort(results);
  return transaction::run(on, options, [&](tx& inside) -> outcome<identity_report> {
    pipeline out(inside);
    out.add(plan_settings);
    const auto handles_at = out.size();
    queue_handles(out, sorted);
    queue_tasks(out, sorted);
    const auto rows = out.sync();
    if (!rows)
      return tl::unexpected(rows.error());
    return identity_report{static_cast<std::uint32_t>((*rows)[handles_at + 5].rows()),
                           static_cast<std::uint32_t>((*rows)[handles_at + 2].rows())};
  });
}

} // namespace prism::db
