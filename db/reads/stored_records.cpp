#include "db/reads/stored_records.hpp"

#include "atproto/syntax/datetime.hpp"
#include "db/batch/rebuild.hpp"
#include "db/batch/refs.hpp"
#include "db/pg/row_reader.hpp"

namespace prism::db {

using atproto::collection;

namespace {

/// The columns from which a like or repost is rebuilt; `{rows}` is `subject_rows`.
constexpr std::string_view subjects_sql = R"sql(
  SELECT o.did, t.rkey, t.cid, t.record, t.created_at, t.created_text, t.subject_cid, t.via_cid,
    so.did, s.collection, s.rkey, vo.did, v.collection, v.rkey
  FROM ({rows}) t
  JOIN users o ON o.id = t.creator_id
  JOIN uris s ON s.id = t.subject_id
  LEFT JOIN users so ON so.id = s.repo_id
  LEFT JOIN uris v ON v.id = t.via_id
  LEFT JOIN users vo ON vo.id = v.repo_id
)sql";

/// Rows of a table (likes or reposts) and parked operations of its collection.
constexpr std::string_view subject_rows_sql = R"sql(
  SELECT creator_id, rkey, cid, record, created_at, created_text, subject_cid, via_cid,
    subject_id, via_id
  FROM {table}
  UNION ALL
  SELECT creator_id, rkey, cid, record, created_at, created_text, subject_cid, via_cid,
    referent_id, other_id
  FROM pending_ops
  WHERE collection = {kind}
)sql";

constexpr std::string_view pairs_sql = R"sql(
  SELECT o.did, t.rkey, t.cid, t.record, t.created_at, t.created_text, so.did
  FROM {table} t
  JOIN users o ON o.id = t.creator_id
  JOIN users so ON so.id = t.subject_id
)sql";

constexpr const char* posts_sql = R"sql(
  SELECT o.did, u.rkey, t.cid, t.record, t.created_at, t.created_text, t.text,
    array_to_json(t.langs)::text, array_to_json(t.tags)::text, t.facets::text, t.embed::text,
    t.labels::text, t.extra::text, t.reply_root_cid, ro.did, r.collection, r.rkey,
    t.reply_parent_cid, po.did, p.collection, p.rkey
  FROM posts t
  JOIN uris u ON u.id = t.id
  JOIN users o ON o.id = t.creator_id
  LEFT JOIN uris r ON r.id = t.reply_root_id
  LEFT JOIN users ro ON ro.id = r.repo_id
  LEFT JOIN uris p ON p.id = t.reply_parent_id
  LEFT JOIN users po ON po.id = p.repo_id
)sql";

/// Tables that store the record itself, keyed by path or by uri.
constexpr std::string_view kept_by_path_sql = R"sql(
  SELECT o.did, t.rkey, t.cid, t.record
  FROM ({rows}) t
  JOIN users o ON o.id = t.creator_id
)sql";
constexpr std::string_view kept_by_uri_sql = R"sql(
  SELECT o.did, u.rkey, t.cid, t.record
  FROM {table} t
  JOIN uris u ON u.id = t.id
  JOIN users o ON o.id = t.creator_id
)sql";

/// Records kept whole in rows with creator_id and rkey.
/// @param rows a table, or the rest of a SELECT that begins with it.
[[nodiscard]] std::string kept_by_path(std::string_view rows) {
  return fmt::format(
      kept_by_path_sql,
      fmt::arg("rows", fmt::format("SELECT creator_id, rkey, cid, record FROM {}", rows)));
}

[[nodiscard]] std::string kept_by_uri(std::string_view table) {
  return fmt::format(kept_by_uri_sql, fmt::arg("table", table));
}

[[nodiscard]] std::string subjects(std::string_view table, int kind) {
  const auto rows = fmt::format(subject_rows_sql, fmt::arg("table", table), fmt::arg("kind", kind));
  return fmt::format(subjects_sql, fmt::arg("rows", rows));
}

[[nodiscard]] std::string pairs(std::string_view table) {
  return fmt::format(pairs_sql, fmt::arg("table", table));
}

[[nodiscard]] std::string query_of(collection kind) {
  const auto number = static_cast<int>(kind);
  switch (kind) {
  case collection::like:
    return subjects("likes", number);
  case collection::repost:
    return subjects("reposts", number);
  case collection::follow:
    return pairs("follows");
  case collection::block:
    return pairs("blocks");
  case collection::post:
    return posts_sql;
  case collection::list_item:
    return kept_by_path(
        fmt::format("list_items UNION ALL SELECT creator_id, rkey, cid, record FROM pending_ops "
                    "WHERE collection = {}",
                    number));
  case collection::list_block:
    return kept_by_path("list_blocks");
  case collection::reference_list_opt_out:
    return kept_by_path("reference_list_opt_outs");
  case collection::verification:
    return kept_by_path("verifications");
  case collection::list:
    return kept_by_uri("lists");
  case collection::feed_generator:
    return kept_by_uri("feed_generators");
  case collection::starter_pack:
    return kept_by_uri("starter_packs");
  case collection::thread_gate:
    return kept_by_uri("thread_gates");
  case collection::post_gate:
    return kept_by_uri("post_gates");
  case collection::profile:
    return kept_by_path("profiles");
  case collection::labeler:
    return kept_by_path("labelers");
  case collection::status:
    return kept_by_path("statuses");
  case collection::notification_declaration:
  case collection::chat_declaration:
  case collection::germ_declaration:
    return kept_by_path(fmt::format("declarations WHERE collection = {}", number));
  case collection::other:
    break;
  }
  return {};
}

/// The columns of a uri: DID, collection and rkey.
struct uri_columns {
  std::string did;
  collection kind{collection::other};
  std::string rkey;

  friend row_reader& operator>>(row_reader& row, uri_columns& out) {
    return row >> out.did >> out.kind >> out.rkey;
  }
};

/// A strong reference; empty without a CID.
[[nodiscard]] std::optional<text_ref> ref_of(const std::optional<bytes>& cid,
                                             const uri_columns& uri) {
  if (!cid)
    return std::nullopt;
  return text_ref{uri_text(uri.did, uri.kind, uri.rkey), unpack_cid(*cid)};
}

/// The first columns of every query.
struct row_head {
  std::string did;
  std::string rkey;
  bytes cid;
  std::optional<bytes> record; ///< the block, if it is stored
};

/// createdAt as it was written: reads the two columns after the head.
[[nodiscard]] std::string read_created_at(row_reader& row) {
  micros created_at = 0;
  std::optional<std::string> created_text;
  row >> timestamp(created_at) >> created_text;
  return created_text ? *created_text : atproto::format_datetime(created_at);
}

[[nodiscard]] expected<bytes> read_subject_record(collection kind, row_reader& row) {
  const auto created_at = read_created_at(row);
  std::optional<bytes> subject_cid;
  std::optional<bytes> via_cid;
  uri_columns subject;
  uri_columns via;
  row >> subject_cid >> via_cid >> subject >> via;
  return rebuild_subject(kind, ref_of(subject_cid, subject).value_or(text_ref{}), created_at,
                         ref_of(via_cid, via));
}

[[nodiscard]] expected<bytes> read_pair_record(collection kind, row_reader& row) {
  const auto created_at = read_created_at(row);
  std::string subject;
  row >> subject;
  return rebuild_pair(kind, subject, created_at);
}

[[nodiscard]] expected<bytes> read_post_record(row_reader& row) {
  const auto created_at = read_created_at(row);
  post_columns columns;
  std::string_view text;
  std::optional<std::string_view> langs;
  std::optional<std::string_view> tags;
  std::optional<bytes> root_cid;
  std::optional<bytes> parent_cid;
  uri_columns root;
  uri_columns parent;
  row >> text >> langs >> tags >> columns.facets >> columns.embed >> columns.labels >>
      columns.extra >> root_cid >> root >> parent_cid >> parent;
  columns.text = text;
  columns.created_at = created_at;
  columns.langs = json_texts(langs);
  columns.tags = json_texts(tags);
  columns.reply_root = ref_of(root_cid, root);
  columns.reply_parent = ref_of(parent_cid, parent);
  return rebuild_post(columns);
}

[[nodiscard]] expected<bytes> rebuild(collection kind, row_reader& row) {
  switch (kind) {
  case collection::like:
  case collection::repost:
    return read_subject_record(kind, row);
  case collection::follow:
  case collection::block:
    return read_pair_record(kind, row);
  case collection::post:
    return read_post_record(row);
  default:
    return fail(errc::invalid, "the record is missing");
  }
}

} // namespace

bool stored_record::has_its_cid() const {
  const auto id = atproto::cid::parse_received(cid);
  return id && id->matches(block);
}

outcome<void> for_each_stored_record(executor& on, collection kind,
                                     const std::function<void(const stored_record&)>& visit) {
  const auto rows = on.exec(query_of(kind));
  if (!rows)
    return tl::unexpected(rows.error());
  for (std::size_t i = 0; i < rows->rows(); ++i) {
    row_reader row(*rows, i);
    row_head head;
    row >> head.did >> head.rkey >> head.cid >> head.record;
    auto block = head.record ? expected<bytes>{std::move(*head.record)} : rebuild(kind, row);
    stored_record out{kind, std::move(head.did), std::move(head.rkey), unpack_cid(head.cid), {}};
    if (!block)
      return tl::unexpected(
          db_error{error_class::fatal, std::string{sqlstate::internal},
                   fmt::format("at://{}/{}/{} cannot be rebuilt: {}", out.did,
                               atproto::nsid_of(kind), out.rkey, block.error().message),
                   "stored_records"});
    out.block = std::move(*block);
    visit(out);
  }
  return {};
}

} // namespace prism::db
