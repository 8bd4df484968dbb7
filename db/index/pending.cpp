#include "db/index/pending.hpp"

#include "db/index/history.hpp"
#include "db/pg/row_reader.hpp"

namespace prism::db {

using atproto::collection;

namespace {

const statement park{"park", R"sql(
  INSERT INTO pending_ops(
    referent_id, other_id, creator_id, collection, rkey, commit_time, created_at, cid,
    subject_cid, via_cid, created_text, record, place
  )
  SELECT *
  FROM unnest(
    $1::int8[], $2::int8[], $3::int8[], $4::int2[], $5::text[], $6::timestamptz[],
    $7::timestamptz[], $8::bytea[], $9::bytea[], $10::bytea[], $11::text[], $12::bytea[],
    $13::int8[]
  ) AS n(
    referent_id, other_id, creator_id, collection, rkey, commit_time, created_at, cid,
    subject_cid, via_cid, created_text, record, place
  )
  ORDER BY creator_id, collection, rkey
  ON CONFLICT DO NOTHING
  RETURNING collection, referent_id, other_id, creator_id, rkey
)sql"};

const statement newest_pending{"newest_pending", R"sql(
  SELECT *
  FROM (
    SELECT collection, referent_id, other_id, creator_id, rkey, parked_at
    FROM pending_ops
    ORDER BY parked_at DESC
    LIMIT $1
  ) AS newest
  ORDER BY parked_at
)sql"};

// Thread gates use parked list items as well, so these go to the history.
const statement cancel{"cancel_pending", R"sql(
  WITH gone AS (
    DELETE FROM pending_ops t USING unnest($2::int8[], $3::text[], $4::int8[], $5::int8[])
      AS d(creator_id, rkey, until, before)
    WHERE t.creator_id = d.creator_id AND t.collection = $1 AND t.rkey = d.rkey
      AND t.place < d.before
    RETURNING t.*, d.until
  ),
  kept AS (
    INSERT INTO past_pairs(first_id, second_id, collection, place, until)
    SELECT referent_id, other_id, collection, place, max(until)
    FROM gone
    WHERE collection = 10 /* list_item */
    GROUP BY referent_id, other_id, collection, place
    ON CONFLICT (first_id, second_id, collection, place) DO UPDATE
    SET until = excluded.until, recorded_at = excluded.recorded_at
    WHERE past_pairs.until < excluded.until
  )
  SELECT collection, referent_id, other_id, creator_id, rkey
  FROM gone
)sql"};

const statement release{"release_pending", R"sql(
  WITH gone AS (
    DELETE FROM pending_ops
    WHERE referent_id = ANY($1)
    RETURNING *
  )
  SELECT referent_id, other_id, creator_id, collection, rkey, commit_time, created_at, cid,
    subject_cid, via_cid, created_text, record, place
  FROM gone
  ORDER BY place, creator_id, rkey
)sql"};

const statement pending_of{"pending_of", R"sql(
  SELECT rkey
  FROM pending_ops
  WHERE creator_id = $1 AND collection = $2 AND place <= $3
  LIMIT $4
)sql"};

[[nodiscard]] std::optional<std::int64_t> other_of(const pending_op& op) {
  if (op.kind == collection::list_item)
    return op.row.subject_id;
  return op.row.via_id;
}

[[nodiscard]] std::optional<std::span<const std::byte>> subject_cid_of(const pending_op& op) {
  if (op.kind == collection::list_item)
    return std::nullopt;
  return op.row.subject_cid;
}

[[nodiscard]] params path_params(collection kind, const std::vector<record_key>& paths) {
  params p;
  p.int2(static_cast<std::int16_t>(kind))
      .int8_array(paths, &record_key::creator_id)
      .text_array(paths, &record_key::rkey);
  return p;
}

} // namespace

void queue_park(pipeline& out, const std::vector<pending_op>& ops) {
  const auto of = [](auto relation::*member) {
    return [member](const pending_op& op) -> const auto& {
      return op.row.*member;
    };
  };
  params p;
  p.int8_array(ops, &pending_op::referent_id)
      .int8_array(ops, other_of)
      .int8_array(ops, of(&relation::creator_id))
      .int2_array(ops, [](const pending_op& op) { return static_cast<std::int16_t>(op.kind); })
      .text_array(ops, of(&relation::rkey))
      .timestamptz_array(ops, of(&relation::commit_time))
      .timestamptz_array(ops, of(&relation::created_at))
      .bytea_array(ops, of(&relation::cid))
      .bytea_array(ops, subject_cid_of)
      .bytea_array(ops, of(&relation::via_cid))
      .text_array(ops, of(&relation::created_text))
      .bytea_array(ops, of(&relation::record))
      .int8_array(ops, of(&relation::place));
  out.add(park, std::move(p));
}

std::vector<pending_change> read_pending_changes(const result& rows, pending_event what) {
  return read_rows<pending_change>(rows, [&](pending_change& out, row_reader& row) {
    out.what = what;
    row >> out.kind >> out.referent_id;
    row.skip() >> out.creator_id >> out.rkey; // other_id
  });
}

outcome<std::vector<pending_change>> select_newest_pending(executor& on, std::int64_t limit) {
  params p;
  p.int8(limit);
  const auto rows = on.exec_prepared(newest_pending, p);
  if (!rows)
    return tl::unexpected(rows.error());
  return read_pending_changes(*rows, pending_event::parked);
}

void queue_cancel_parked(pipeline& out, collection kind, const std::vector<record_key>& paths) {
  auto p = path_params(kind, paths);
  p.int8_array(paths, &record_key::place).int8_array(paths, &record_key::before);
  out.add(cancel, std::move(p));
}

std::vector<relation> read_cancelled_items(const result& rows) {
  return read_rows<relation>(rows, [](relation& item, row_reader& row) {
    row.skip() >> item.list_id >> item.subject_id; // collection
  });
}

void queue_release(pipeline& out, const std::vector<std::int64_t>& referents) {
  params p;
  p.int8_array(referents);
  out.add(release, std::move(p));
}

std::vector<pending_op> read_released(const result& rows) {
  return read_rows<pending_op>(rows, [](pending_op& op, row_reader& row) {
    std::optional<std::int64_t> other;
    row >> op.referent_id >> other >> op.row.creator_id >> op.kind >> op.row.rkey >>
        timestamp(op.row.commit_time) >> timestamp(op.row.created_at) >> op.row.cid >>
        op.row.subject_cid >> op.row.via_cid >> op.row.created_text >> op.row.record >>
        op.row.place;
    if (op.kind == collection::list_item) {
      op.row.list_id = op.referent_id;
      op.row.subject_id = other.value_or(0);
    } else {
      op.row.subject_id = op.referent_id;
      op.row.via_id = other;
    }
  });
}

void queue_select_parked(pipeline& out, collection kind, std::int64_t creator_id,
                         stream_place until, std::int64_t limit) {
  params p;
  p.int8(creator_id).int2(static_cast<std::int16_t>(kind)).int8(until).int8(limit);
  out.add(pending_of, std::move(p));
}

} // namespace prism::db
