#include "db/reads/stored_records.hpp"

#include "atproto/syntax/datetime.hpp"
#include "db/batch/rebuild.hpp"
#include "db/batch/refs.hpp"

namespace prism::db {

using atproto::collection;

namespace {

/// The columns that rebuild a like or repost, from its table or parked.
constexpr const char* subjects =
    "SELECT o.did, t.rkey, t.cid, t.record, t.created_at, t.created_text, t.subject_cid, "
    "t.via_cid, "
    "so.did, s.collection, s.rkey, vo.did, v.collection, v.rkey "
    "FROM ({}) t JOIN users o ON o.id = t.creator_id JOIN uris s ON s.id = t.subject_id "
    "LEFT JOIN users so ON so.id = s.repo_id LEFT JOIN uris v ON v.id = t.via_id "
    "LEFT JOIN users vo ON vo.id = v.repo_id";

constexpr const char* subject_rows =
    "SELECT creator_id, rkey, cid, record, created_at, created_text, subject_cid, via_cid, "
    "subject_id, via_id FROM {} "
    "UNION ALL SELECT creator_id, rkey, cid, record, created_at, created_text, subject_cid, "
    "via_cid, referent_id, "
    "other_id FROM pending_ops WHERE collection = {}";

constexpr const char* pairs =
    "SELECT o.did, t.rkey, t.cid, t.record, t.created_at, t.created_text, so.did "
    "FROM {} t JOIN users o ON o.id = t.creator_id JOIN users so ON so.id = t.subject_id";

constexpr const char* posts =
    "SELECT o.did, u.rkey, t.cid, t.record, t.created_at, t.created_text, t.text, "
    "array_to_json(t.langs)::text, "
    "array_to_json(t.tags)::text, t.facets::text, t.embed::text, t.labels::text, t.extra::text, "
    "t.reply_root_cid, ro.did, r.collection, r.rkey, t.reply_parent_cid, po.did, p.collection, "
    "p.rkey "
    "FROM posts t JOIN uris u ON u.id = t.id JOIN users o ON o.id = t.creator_id "
    "LEFT JOIN uris r ON r.id = t.reply_root_id LEFT JOIN users ro ON ro.id = r.repo_id "
    "LEFT JOIN uris p ON p.id = t.reply_parent_id LEFT JOIN users po ON po.id = p.repo_id";

/// Tables whose records are kept whole, keyed by path or by uri.
constexpr const char* kept_by_path =
    "SELECT o.did, t.rkey, t.cid, t.record FROM ({}) t JOIN users o ON o.id = t.creator_id";
constexpr const char* kept_by_uri =
    "SELECT o.did, u.rkey, t.cid, t.record FROM {} t JOIN uris u ON u.id = t.id "
    "JOIN users o ON o.id = t.creator_id";

[[nodiscard]] std::string query_of(collection kind) {
  const auto path = [](std::string_view table) {
    return fmt::format(kept_by_path,
                       fmt::format("SELECT creator_id, rkey, cid, record FROM {}", table));
  };
  const auto declaration = [&] {
    return path(fmt::format("declarations WHERE collection = {}", static_cast<int>(kind)));
  };
  const auto subject = [&](std::string_view table) {
    return fmt::format(subjects, fmt::format(subject_rows, table, static_cast<int>(kind)));
  };
  switch (kind) {
  case collection::like:
    return subject("likes");
  case collection::repost:
    return subject("reposts");
  case collection::follow:
    return fmt::format(pairs, "follows");
  case collection::block:
    return fmt::format(pairs, "blocks");
  case collection::post:
    return posts;
  case collection::list_item:
    return path(
        fmt::format("list_items UNION ALL SELECT creator_id, rkey, cid, record FROM pending_ops "
                    "WHERE collection = {}",
                    static_cast<int>(kind)));
  case collection::list_block:
    return path("list_blocks");
  case collection::verification:
    return path("verifications");
  case collection::list:
    return fmt::format(kept_by_uri, "lists");
  case collection::feed_generator:
    return fmt::format(kept_by_uri, "feed_generators");
  case collection::starter_pack:
    return fmt::format(kept_by_uri, "starter_packs");
  case collection::thread_gate:
    return fmt::format(kept_by_uri, "thread_gates");
  case collection::post_gate:
    return fmt::format(kept_by_uri, "post_gates");
  case collection::profile:
    return path("profiles");
  case collection::labeler:
    return path("labelers");
  case collection::status:
    return path("statuses");
  case collection::notification_declaration:
  case collection::chat_declaration:
    return declaration();
  case collection::other:
    break;
  }
  return {};
}

/// One row of a query above.
struct reader {
  const result& rows;
  std::size_t row;

  [[nodiscard]] std::string created_at() const {
    if (const auto text = rows.opt_text(row, 5))
      return std::string{*text};
    return atproto::format_datetime(rows.get_timestamptz(row, 4));
  }

  /// A strong reference from the column of its cid and the three of its uri.
  [[nodiscard]] std::optional<text_ref> ref(std::size_t cid, std::size_t uri) const {
    const auto stored = rows.opt_bytea(row, cid);
    if (!stored)
      return std::nullopt;
    return text_ref{uri_text(rows.get_text(row, uri),
                             static_cast<collection>(rows.get_int2(row, uri + 1)),
                             rows.get_text(row, uri + 2)),
                    unpack_cid(*stored)};
  }

  [[nodiscard]] expected<bytes> post() const {
    post_columns columns;
    const auto written = created_at();
    columns.text = rows.get_text(row, 6);
    columns.created_at = written;
    columns.langs = json_texts(rows.opt_text(row, 7));
    columns.tags = json_texts(rows.opt_text(row, 8));
    columns.facets = rows.opt_text(row, 9);
    columns.embed = rows.opt_text(row, 10);
    columns.labels = rows.opt_text(row, 11);
    columns.extra = rows.opt_text(row, 12);
    columns.reply_root = ref(13, 14);
    columns.reply_parent = ref(17, 18);
    return rebuild_post(columns);
  }

  [[nodiscard]] expected<bytes> block(collection kind) const {
    if (const auto kept = rows.opt_bytea(row, 3))
      return bytes{kept->begin(), kept->end()};
    switch (kind) {
    case collection::like:
    case collection::repost:
      return rebuild_subject(kind, ref(6, 8).value_or(text_ref{}), created_at(), ref(7, 11));
    case collection::follow:
    case collection::block:
      return rebuild_pair(kind, rows.get_text(row, 6), created_at());
    case collection::post:
      return post();
    default:
      return fail(errc::invalid, "the record is missing");
    }
  }
};

} // namespace

outcome<void> for_each_stored_record(executor& on, collection kind,
                                     const std::function<void(const stored_record&)>& visit) {
  const auto rows = on.exec(query_of(kind));
  if (!rows)
    return tl::unexpected(rows.error());
  for (std::size_t i = 0; i < rows->rows(); ++i) {
    auto block = reader{*rows, i}.block(kind);
    stored_record out{kind,
                      std::string{rows->get_text(i, 0)},
                      std::string{rows->get_text(i, 1)},
                      unpack_cid(rows->get_bytea(i, 2)),
                      {}};
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
