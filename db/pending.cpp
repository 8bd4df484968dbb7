#include "db/pending.hpp"

#include "atproto/cbor.hpp"
#include "atproto/datetime.hpp"
#include "atproto/records.hpp"
#include "db/rebuild.hpp"

namespace prism::db {

using atproto::collection;

namespace {

constexpr statement park{
    "park",
    "INSERT INTO pending_ops (referent_id, other_id, creator_id, collection, rkey, commit_time, cid, record) "
    "SELECT * FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::int2[], $5::text[], $6::timestamptz[], "
    "$7::bytea[], $8::bytea[]) AS n(referent_id, other_id, creator_id, collection, rkey, commit_time, cid, record) "
    "ORDER BY creator_id, collection, rkey ON CONFLICT DO NOTHING RETURNING commit_time"};

constexpr statement cancel{
    "cancel_pending",
    "DELETE FROM pending_ops t USING unnest($2::int8[], $3::text[]) AS d(creator_id, rkey) "
    "WHERE t.creator_id = d.creator_id AND t.collection = $1 AND t.rkey = d.rkey RETURNING t.creator_id"};

constexpr statement release{
    "release_pending",
    "WITH gone AS (DELETE FROM pending_ops WHERE referent_id = ANY($1) RETURNING referent_id, other_id, creator_id, "
    "collection, rkey, commit_time, cid, record) SELECT * FROM gone ORDER BY commit_time, creator_id, rkey"};

constexpr statement pending_of{
    "pending_of", "SELECT rkey FROM pending_ops WHERE creator_id = $1 AND collection = $2 LIMIT $3"};

[[nodiscard]] db_error unreadable(const std::string& why) {
  return {error_class::fatal, std::string{sqlstate::internal},
          fmt::format("pending_ops holds a record that cannot be read: {}", why), release.name};
}

[[nodiscard]] std::optional<std::int64_t> other_of(const pending_op& op) {
  if (op.kind == collection::list_item)
    return op.row.subject_id;
  return op.row.via_id;
}

/// Reads the columns that the block gives.
[[nodiscard]] expected<void> read_block(pending_op& op) {
  const auto document = atproto::cbor_document::parse(*op.row.record);
  if (!document)
    return tl::unexpected(document.error());
  const auto parsed = atproto::parse_record(op.kind, document->root());
  if (!parsed)
    return tl::unexpected(parsed.error());
  std::string_view created_at;
  if (const auto* subject = std::get_if<atproto::subject_record>(&*parsed)) {
    created_at = subject->created_at;
    op.row.subject_cid = pack_cid(subject->subject.cid);
    std::optional<text_ref> via;
    if (subject->via) {
      op.row.via_cid = pack_cid(subject->via->cid);
      via = text_ref{std::string{subject->via->uri}, std::string{subject->via->cid}};
    }
    const auto rebuilt = rebuild_subject(
        op.kind, {std::string{subject->subject.uri}, std::string{subject->subject.cid}},
        atproto::normalize_datetime_always(created_at), via);
    if (rebuilt && *rebuilt == *op.row.record)
      op.row.record.reset();
  } else if (const auto* item = std::get_if<atproto::list_item_record>(&*parsed))
    created_at = item->created_at;
  op.row.created_at = atproto::normalize_datetime_always(created_at);
  return {};
}

} // namespace

void add_park(pipeline& out, const std::vector<pending_op>& ops) {
  const auto of = [](auto edge::*member) {
    return [member](const pending_op& op) -> const auto& { return op.row.*member; };
  };
  params p;
  p.int8_array(ops, &pending_op::referent_id)
      .int8_array(ops, other_of)
      .int8_array(ops, of(&edge::creator_id))
      .int2_array(ops, [](const pending_op& op) { return static_cast<std::int16_t>(op.kind); })
      .text_array(ops, of(&edge::rkey))
      .timestamptz_array(ops, of(&edge::commit_time))
      .bytea_array(ops, of(&edge::cid))
      .bytea_array(ops, of(&edge::record));
  out.add(park, std::move(p));
}

void add_cancel(pipeline& out, collection kind, const std::vector<record_key>& paths) {
  params p;
  p.int2(static_cast<std::int16_t>(kind))
      .int8_array(paths, &record_key::creator_id)
      .text_array(paths, &record_key::rkey);
  out.add(cancel, std::move(p));
}

void add_release(pipeline& out, const std::vector<std::int64_t>& referents) {
  params p;
  p.int8_array(referents);
  out.add(release, std::move(p));
}

outcome<std::vector<pending_op>> read_released(const result& rows) {
  std::vector<pending_op> out(rows.rows());
  for (std::size_t i = 0; i < out.size(); ++i) {
    auto& op = out[i];
    op.kind = static_cast<collection>(rows.get_int2(i, 3));
    op.referent_id = rows.get_int8(i, 0);
    op.row.creator_id = rows.get_int8(i, 2);
    op.row.rkey = rows.get_text(i, 4);
    op.row.commit_time = rows.get_timestamptz(i, 5);
    const auto cid = rows.get_bytea(i, 6);
    op.row.cid.assign(cid.begin(), cid.end());
    const auto record = rows.get_bytea(i, 7);
    op.row.record.emplace(record.begin(), record.end());
    const auto other = rows.opt_int8(i, 1);
    if (op.kind == collection::list_item) {
      op.row.list_id = op.referent_id;
      op.row.subject_id = other.value_or(0);
    } else {
      op.row.subject_id = op.referent_id;
      op.row.via_id = other;
    }
    if (const auto read = read_block(op); !read)
      return tl::unexpected(unreadable(read.error().message));
  }
  return out;
}

expected<bytes> block_of(collection kind, const edge& row, const std::string& subject_uri,
                         const std::string& via_uri) {
  if (row.record)
    return *row.record;
  std::optional<text_ref> via;
  if (row.via_id && row.via_cid)
    via = text_ref{via_uri, unpack_cid(*row.via_cid)};
  return rebuild_subject(kind, {subject_uri, unpack_cid(row.subject_cid)}, row.created_at, via);
}

void add_pending_of(pipeline& out, collection kind, std::int64_t creator_id, std::int64_t limit) {
  params p;
  p.int8(creator_id).int2(static_cast<std::int16_t>(kind)).int8(limit);
  out.add(pending_of, std::move(p));
}

} // namespace prism::db
