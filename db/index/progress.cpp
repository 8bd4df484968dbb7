#include "db/index/progress.hpp"

#include "db/pg/row_reader.hpp"
#include "db/pg/server_identity.hpp"

#include <algorithm>
#include <map>

namespace prism::db {

namespace {

const statement lock_cursors{"lock_cursors", R"sql(
  SELECT shard, seq
  FROM firehose_cursor
  WHERE service = $1
  ORDER BY shard
  FOR UPDATE
)sql"};

const statement read_cursors{"read_cursors", R"sql(
  SELECT shard, seq
  FROM firehose_cursor
  WHERE service = $1
  ORDER BY shard
)sql"};

const statement drop_cursors{"drop_cursors",
                             R"sql(DELETE FROM firehose_cursor WHERE service = $1)sql"};

// In one order, as everybody who locks several.
const statement lock_some_cursors{"lock_some_cursors", R"sql(
  SELECT shard
  FROM firehose_cursor
  WHERE service = $1 AND shard = ANY ($2)
  ORDER BY shard
  FOR UPDATE
)sql"};

const statement set_tokens{"set_cursor_tokens", R"sql(
  UPDATE firehose_cursor
  SET epoch = $3
  WHERE service = $1 AND shard = ANY ($2)
)sql"};

const statement put_cursors{"put_cursors", R"sql(
  INSERT INTO firehose_cursor(service, shard, seq, epoch)
  SELECT $1, shard, seq, $4
  FROM unnest($2::int4[], $3::int8[]) AS n(shard, seq)
)sql"};

// Returns the row as it was when the statement began, and whether it moved. A batch out of order
// ($6 false) takes the row as if it moved, so that no newer writer can come in between. $5 is not
// above $4.
const statement advance_cursor{"advance_cursor", R"sql(
  WITH moved AS (
    UPDATE firehose_cursor
    SET seq = $4, updated_at = now()
    WHERE service = $1 AND shard = $2 AND epoch = $3 AND seq >= $5
      AND (seq < $4 OR seq = $4 AND NOT $6)
    RETURNING seq
  )
  SELECT epoch, seq, EXISTS (SELECT FROM moved)
  FROM firehose_cursor
  WHERE service = $1 AND shard = $2
)sql"};

// With the place of a deletion that waits, where it first came, and whether a record of the repo
// was refused: only then can a row of refused_records have to go.
const statement select_revs{"select_revs", R"sql(
  SELECT r.user_id, r.rev, COALESCE((
    SELECT coalesce((
      SELECT min(d.place)
      FROM account_deletions d
      WHERE d.user_id = t.user_id AND d.event_time = t.event_time
    ), t.place)
    FROM identity_tasks t
    WHERE t.user_id = r.user_id AND t.kind = 1 -- a deletion
  ), 0), EXISTS (
    SELECT FROM refused_records f
    WHERE f.user_id = r.user_id AND f.collection > 0 /* other */
  )
  FROM repos r
  WHERE r.user_id = ANY($1)
)sql"};

const statement put_heads{"put_heads", R"sql(
  INSERT INTO repos AS r(user_id, rev, commit_cid, commit_time)
  SELECT *
  FROM unnest($1::int8[], $2::text[], $3::bytea[], $4::timestamptz[]) AS n(user_id, rev,
    commit_cid, commit_time)
  ORDER BY user_id
  ON CONFLICT (user_id) DO UPDATE
  SET rev = excluded.rev, commit_cid = excluded.commit_cid, commit_time = excluded.commit_time
  WHERE r.rev < excluded.rev
)sql"};

/// The rows of `lock_cursors` and `read_cursors`.
[[nodiscard]] std::vector<shard_cursor> read_shard_cursors(const result& rows) {
  return read_rows<shard_cursor>(
      rows, [](shard_cursor& out, row_reader& row) { row >> out.shard >> out.seq; });
}

/// The row of `advance_cursor`.
struct advanced_row {
  std::int64_t token{0};
  std::int64_t seq{0};
  bool moved{false};
};

/// All shards start at the lowest seq.
[[nodiscard]] std::vector<shard_cursor> renumber(const std::vector<shard_cursor>& stored,
                                                 std::int32_t shards, std::int64_t initial_seq) {
  auto lowest = stored.empty() ? initial_seq : INT64_MAX;
  for (const auto& each : stored)
    lowest = std::min(lowest, each.seq);
  std::vector<shard_cursor> out;
  out.reserve(static_cast<std::size_t>(shards));
  for (std::int32_t shard = 0; shard < shards; ++shard)
    out.push_back({shard, lowest});
  return out;
}

} // namespace

outcome<bool> renumber_cursors(executor& on, std::string_view service, std::int32_t shards,
                               std::int64_t token, std::int64_t initial_seq) {
  params key;
  key.text(service);
  const auto stored = on.exec_prepared(lock_cursors, key);
  if (!stored)
    return tl::unexpected(stored.error());
  if (stored->rows() == static_cast<std::size_t>(shards))
    return false;
  const auto cursors = renumber(read_shard_cursors(*stored), shards, initial_seq);
  params rows;
  rows.text(service)
      .int4_array(cursors, &shard_cursor::shard)
      .int8_array(cursors, &shard_cursor::seq)
      .int8(token);
  pipeline out(on);
  out.add(drop_cursors, std::move(key));
  out.add(put_cursors, std::move(rows));
  if (auto written = out.sync(); !written)
    return tl::unexpected(written.error());
  return true;
}

std::size_t queue_set_tokens(pipeline& out, std::string_view service,
                             const std::vector<std::int32_t>& shards, std::int64_t token) {
  params key;
  key.text(service).int4_array(shards);
  out.add(lock_some_cursors, key);
  return out.add(set_tokens, std::move(key.int8(token)));
}

outcome<std::vector<shard_cursor>> select_cursors(executor& on, std::string_view service) {
  params p;
  p.text(service);
  const auto rows = on.exec_prepared(read_cursors, p);
  if (!rows)
    return tl::unexpected(rows.error());
  return read_shard_cursors(*rows);
}

db_error fenced(const batch& of) {
  return fenced(of.service, of.token);
}

db_error fenced(std::string_view service, std::int64_t token) {
  return {error_class::fatal, std::string{fenced_state},
          fmt::format("token {} of a shard of {} is no longer the current one", token, service),
          advance_cursor.name};
}

outcome<advance> move_cursor(executor& on, const batch& of) {
  pipeline out(on);
  queue_advance_cursor(out, of);
  const auto rows = out.sync();
  if (!rows)
    return tl::unexpected(rows.error());
  auto done = read_advance(rows->front(), of);
  if (done && *done == advance::fenced)
    return tl::unexpected(fenced(of));
  return done;
}

void queue_advance_cursor(pipeline& out, const batch& of) {
  params p;
  p.text(of.service).int4(of.shard).int8(of.token).int8(of.last_seq).int8(of.previous_seq);
  p.boolean(of.moves_cursor);
  out.add(advance_cursor, std::move(p));
}

db_error went_back(std::string_view what, std::int64_t found, std::int64_t known) {
  return {
      error_class::transient, std::string{server_changed},
      fmt::format("the database went back: its {} is {}, but {} was committed", what, found, known),
      advance_cursor.name};
}

outcome<advance> read_advance(const result& rows, const batch& of) {
  if (rows.empty())
    return advance::fenced;
  advanced_row found;
  row_reader(rows, 0) >> found.token >> found.seq >> found.moved;
  if (found.token > of.token)
    return advance::fenced;
  // A token only rises, and a cursor too.
  if (found.token < of.token)
    return tl::unexpected(went_back("token", found.token, of.token));
  if (found.moved)
    return advance::moved;
  if (found.seq >= of.last_seq)
    return advance::already_there;
  if (found.seq < of.previous_seq)
    return tl::unexpected(
        went_back(fmt::format("cursor of shard {}", of.shard), found.seq, of.previous_seq));
  return db_fail(
      sqlstate::serialization_failure,
      fmt::format("another process took over the cursor of shard {} during the wait for its row",
                  of.shard),
      advance_cursor.name);
}

void queue_select_revs(pipeline& out, const std::vector<std::int64_t>& user_ids) {
  params p;
  p.int8_array(user_ids);
  out.add(select_revs, std::move(p));
}

std::vector<stored_repo> read_revs(const result& rows) {
  return read_rows<stored_repo>(rows, [](stored_repo& out, row_reader& row) {
    row >> out.user_id >> out.known.rev >> out.known.waiting_deletion >> out.has_refused;
  });
}

void queue_upsert_heads(pipeline& out, const batch& of) {
  std::map<std::int64_t, const repo_head*> newest;
  for (const auto& head : of.heads) {
    auto& slot = newest[of.user_ids[head.repo]];
    if (slot == nullptr || slot->rev < head.rev)
      slot = &head;
  }
  if (newest.empty())
    return;
  params p;
  p.int8_array(newest, [](const auto& entry) { return entry.first; })
      .text_array(newest, [](const auto& entry) -> const std::string& { return entry.second->rev; })
      .bytea_array(newest, [](const auto& entry) { return entry.second->commit.bytes(); })
      .timestamptz_array(newest, [](const auto& entry) { return entry.second->commit_time; });
  out.add(put_heads, std::move(p));
}

} // namespace prism::db
