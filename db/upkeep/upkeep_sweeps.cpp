#include "db/upkeep/upkeep.hpp"

#include "db/index/refused_records.hpp"
#include "db/pg/pipeline.hpp"

#include <initializer_list>

namespace prism::db {

namespace {

// Index: sessions_expires_at. Here and below, locked rows are left to the next batch.
const statement delete_sessions{"delete_expired_sessions", R"sql(
  DELETE FROM sessions
  WHERE id IN (
    SELECT id
    FROM sessions
    WHERE expires_at <= now()
    ORDER BY expires_at
    LIMIT $1
    FOR UPDATE SKIP LOCKED
  )
)sql"};

// Index: oauth_states_expires_at.
const statement delete_oauth_states{"delete_expired_oauth_states", R"sql(
  DELETE FROM oauth_states
  WHERE state IN (
    SELECT state
    FROM oauth_states
    WHERE expires_at <= now()
    ORDER BY expires_at
    LIMIT $1
    FOR UPDATE SKIP LOCKED
  )
)sql"};

// Index: pending_ops_parked_at.
const statement delete_pending{"delete_expired_pending", R"sql(
  DELETE FROM pending_ops
  WHERE (creator_id, collection, rkey) IN (
    SELECT creator_id, collection, rkey
    FROM pending_ops
    WHERE parked_at < now() - $2 * interval '1 second'
    ORDER BY parked_at
    LIMIT $1
    FOR UPDATE SKIP LOCKED
  )
  RETURNING collection, referent_id, other_id, creator_id, rkey
)sql"};

// Index: TABLE_recorded_at. Rows are deleted by ctid, since a history row has no short key; a row
// that is moved in the meantime is left to the next batch.
const statement delete_past_posts{"delete_past_posts", R"sql(
  DELETE FROM past_posts
  WHERE ctid = ANY(
    ARRAY(
      SELECT ctid
      FROM past_posts
      WHERE recorded_at < now() - $2 * interval '1 second'
      LIMIT $1
      FOR UPDATE SKIP LOCKED
    )
  )
)sql"};

const statement delete_past_thread_gates{"delete_past_thread_gates", R"sql(
  DELETE FROM past_thread_gates
  WHERE ctid = ANY(
    ARRAY(
      SELECT ctid
      FROM past_thread_gates
      WHERE recorded_at < now() - $2 * interval '1 second'
      LIMIT $1
      FOR UPDATE SKIP LOCKED
    )
  )
)sql"};

const statement delete_past_post_gates{"delete_past_post_gates", R"sql(
  DELETE FROM past_post_gates
  WHERE ctid = ANY(
    ARRAY(
      SELECT ctid
      FROM past_post_gates
      WHERE recorded_at < now() - $2 * interval '1 second'
      LIMIT $1
      FOR UPDATE SKIP LOCKED
    )
  )
)sql"};

const statement delete_past_pairs{"delete_past_pairs", R"sql(
  DELETE FROM past_pairs
  WHERE ctid = ANY(
    ARRAY(
      SELECT ctid
      FROM past_pairs
      WHERE recorded_at < now() - $2 * interval '1 second'
      LIMIT $1
      FOR UPDATE SKIP LOCKED
    )
  )
)sql"};

// Index: refused_records_place. Reads the keys of the newest rows, at most `max_refused`.
const statement delete_refused{"delete_old_refused_records", R"sql(
  DELETE FROM refused_records
  WHERE ctid = ANY(
    ARRAY(
      SELECT ctid
      FROM refused_records
      WHERE place <= (SELECT place FROM refused_records ORDER BY place DESC OFFSET $2 LIMIT 1)
      ORDER BY place
      LIMIT $1
      FOR UPDATE SKIP LOCKED
    )
  )
)sql"};

const statement count_refused{"count_refused_records",
                              R"sql(SELECT count(*) FROM refused_records)sql"};

/// Runs the statements, each for at most `limit` rows. There is more to do if one reached it.
/// @param by_age $2 is the age from which rows are deleted; 0 deletes nothing.
[[nodiscard]] outcome<upkeep_report> run_all(executor& on,
                                             std::initializer_list<const statement*> deletes,
                                             const upkeep_job& job, bool by_age) {
  upkeep_report report;
  if (by_age && job.keep.count() == 0)
    return report;
  pipeline pipe(on);
  for (const auto* each : deletes) {
    params p;
    p.int8(job.limit);
    if (by_age)
      p.int8(job.keep.count());
    pipe.add(*each, std::move(p));
  }
  const auto results = pipe.sync();
  if (!results)
    return tl::unexpected(results.error());
  for (const auto& rows : *results) {
    report.rows += rows.affected_rows();
    report.more = report.more || rows.affected_rows() >= static_cast<std::uint64_t>(job.limit);
  }
  return report;
}

} // namespace

outcome<upkeep_report> sweep_sessions(executor& on, const upkeep_job& job) {
  return run_all(on, {&delete_sessions}, job, false);
}

outcome<upkeep_report> sweep_oauth_states(executor& on, const upkeep_job& job) {
  return run_all(on, {&delete_oauth_states}, job, false);
}

outcome<upkeep_report> sweep_pending_ops(executor& on, const upkeep_job& job) {
  upkeep_report report;
  if (job.keep.count() == 0)
    return report;
  params p;
  p.int8(job.limit).int8(job.keep.count());
  const auto rows = on.exec_prepared(delete_pending, p);
  if (!rows)
    return tl::unexpected(rows.error());
  report.rows = rows->rows();
  report.more = report.rows >= static_cast<std::uint64_t>(job.limit);
  report.forgotten = read_pending_changes(*rows, pending_event::cancelled);
  return report;
}

outcome<upkeep_report> sweep_refused_records(executor& on, const upkeep_job& job) {
  params p;
  p.int8(job.limit).int8(max_refused);
  pipeline pipe(on);
  pipe.add(delete_refused, std::move(p));
  pipe.add(count_refused);
  const auto results = pipe.sync();
  if (!results)
    return tl::unexpected(results.error());
  upkeep_report report;
  report.rows = results->front().affected_rows();
  report.more = report.rows >= static_cast<std::uint64_t>(job.limit);
  report.left = results->back().get_int8(0, 0);
  return report;
}

outcome<upkeep_report> sweep_history(executor& on, const upkeep_job& job) {
  return run_all(
      on,
      {&delete_past_posts, &delete_past_thread_gates, &delete_past_post_gates, &delete_past_pairs},
      job, true);
}

} // namespace prism::db
