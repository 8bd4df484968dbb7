#include "db/accounts/did_documents.hpp"
#include "db/accounts/identity.hpp"
#include "db/index/plan_settings.hpp"
#include "db/pg/pipeline.hpp"

#include <algorithm>
#include <iterator>
#include <map>

namespace prism::db {

namespace {

using task_outcome = identity_result::task_outcome;

// Transactions that give one handle run one after the other, whether or not a row has it.
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

// Before any new handle is given, or two users who swap theirs would violate the unique index.
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
  SET claimed = false, claimed_by = NULL, attempts = t.attempts + d.tries,
    due_at = now() + d.delay * interval '1 millisecond',
    last_error = coalesce(nullif(d.why, ''), t.last_error)
  FROM unnest($1::int8[], $2::int2[], $3::int4[], $4::int4[], $5::int8[], $6::text[]) AS d(
    user_id, kind, version, tries, delay, why
  )
  WHERE t.user_id = d.user_id AND t.kind = d.kind AND t.version = d.version
)sql"};

using result_refs = std::vector<const identity_result*>;

[[nodiscard]] std::int64_t id_of(const identity_result* each) {
  return each->task.user_id;
}
[[nodiscard]] std::int16_t kind_of(const identity_result* each) {
  return static_cast<std::int16_t>(each->task.kind);
}
[[nodiscard]] std::int32_t version_of(const identity_result* each) {
  return each->task.version;
}
[[nodiscard]] micros asked_at_of(const identity_result* each) {
  return each->task.asked_at;
}
[[nodiscard]] micros event_time_of(const identity_result* each) {
  return each->task.event_time;
}
[[nodiscard]] const std::string& why_of(const identity_result* each) {
  return each->why;
}
[[nodiscard]] const std::string& handle_of(const identity_result* each) {
  return each->handle;
}

/// The results by what they change: handles (confirmed or refuted) and tasks (finished or delayed).
struct grouped_results {
  result_refs confirmed;
  result_refs refuted;
  result_refs finished;
  result_refs delayed;
};

// Of two users for whom one handle was confirmed, the one asked about later has it; the other
// counts as refuted.
[[nodiscard]] grouped_results group(const std::vector<identity_result>& results) {
  grouped_results out;
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

/// Where the results of `queue_handles` are.
struct handle_results {
  std::size_t taken;
  std::size_t given;
};

void queue_locks(pipeline& out, const grouped_results& results,
                 const std::vector<did_document_row>& documents) {
  std::vector<std::int64_t> users;
  for (const auto* of : {&results.confirmed, &results.refuted})
    std::ranges::transform(*of, std::back_inserter(users), id_of);
  for (const auto& each : documents)
    users.push_back(each.asked.account);
  out.add(lock_handles, std::move(params{}.text_array(results.confirmed, handle_of)));
  out.add(lock_users,
          std::move(params{}.int8_array(users).text_array(results.confirmed, handle_of)));
}

handle_results queue_handles(pipeline& out, const grouped_results& results) {
  const auto taken =
      out.add(take_handles, std::move(params{}
                                          .int8_array(results.confirmed, id_of)
                                          .text_array(results.confirmed, handle_of)
                                          .timestamptz_array(results.confirmed, asked_at_of)));
  out.add(
      drop_handles,
      std::move(
          params{}.int8_array(results.confirmed, id_of).text_array(results.confirmed, handle_of)));
  out.add(refute_handles, std::move(params{}
                                        .int8_array(results.refuted, id_of)
                                        .timestamptz_array(results.refuted, asked_at_of)
                                        .timestamptz_array(results.refuted, event_time_of)));
  const auto given =
      out.add(give_handles, std::move(params{}
                                          .int8_array(results.confirmed, id_of)
                                          .text_array(results.confirmed, handle_of)
                                          .timestamptz_array(results.confirmed, asked_at_of)
                                          .timestamptz_array(results.confirmed, event_time_of)));
  return {taken, given};
}

void queue_tasks(pipeline& out, const grouped_results& results) {
  out.add(finish_tasks, std::move(params{}
                                      .int8_array(results.finished, id_of)
                                      .int2_array(results.finished, kind_of)
                                      .int4_array(results.finished, version_of)));
  out.add(delay_tasks,
          std::move(params{}
                        .int8_array(results.delayed, id_of)
                        .int2_array(results.delayed, kind_of)
                        .int4_array(results.delayed, version_of)
                        .int4_array(results.delayed,
                                    [](const identity_result* each) {
                                      return std::int32_t{each->what == task_outcome::failed};
                                    })
                        .int8_array(results.delayed,
                                    [](const identity_result* each) {
                                      return static_cast<std::int64_t>(each->delay.count());
                                    })
                        .text_array(results.delayed, why_of)));
}

} // namespace

outcome<identity_report> store_identity_results(connection& on, const tx_options& options,
                                                const std::vector<identity_result>& results,
                                                const std::vector<did_document_row>& documents) {
  const auto groups = group(results);
  return transaction::run(on, options, [&](tx& inside) -> outcome<identity_report> {
    pipeline out(inside);
    out.add(plan_settings);
    queue_locks(out, groups, documents);
    const auto handles = queue_handles(out, groups);
    queue_put_did_documents(out, documents);
    queue_tasks(out, groups);
    const auto done = out.sync();
    if (!done)
      return tl::unexpected(done.error());
    return identity_report{static_cast<std::uint32_t>((*done)[handles.given].rows()),
                           static_cast<std::uint32_t>((*done)[handles.taken].rows())};
  });
}

} // namespace prism::db
