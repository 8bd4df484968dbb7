#include "db/reads/stored_records.hpp"

#include "atproto/syntax/datetime.hpp"
#include "core/printable.hpp"
#include "db/batch/rebuild.hpp"
#include "db/batch/refs.hpp"
#include "db/pg/row_reader.hpp"
#include "db/reads/answer_limit.hpp"
#include "db/reads/record_statements.hpp"
#include "log/line_limit.hpp"
#include "log/log.hpp"

#include <chrono>
#include <fmt/format.h>

namespace prism::db {

using atproto::collection;

namespace {

/// The columns of a uri: DID, collection and rkey.
struct uri_columns {
  std::string_view did;
  collection kind{collection::other};
  std::string_view rkey;

  friend row_reader& operator>>(row_reader& row, uri_columns& out) {
    return row >> out.did >> out.kind >> out.rkey;
  }
};

/// A strong reference; empty without a CID.
[[nodiscard]] std::optional<text_ref> ref_of(const std::optional<std::span<const std::byte>>& cid,
                                             const uri_columns& uri) {
  if (!cid)
    return std::nullopt;
  return text_ref{uri_text(uri.did, uri.kind, uri.rkey), unpack_cid(*cid)};
}

/// createdAt as it was written.
/// @param row is before the column created_text.
[[nodiscard]] std::string read_created_text(row_reader& row, const found_record& of) {
  std::optional<std::string_view> text;
  row >> text;
  return text ? std::string{*text} : atproto::format_datetime(of.created_at.value_or(0));
}

[[nodiscard]] expected<bytes> rebuild_subject_row(collection kind, row_reader& row,
                                                  const found_record& of) {
  const auto created_at = read_created_text(row, of);
  std::optional<std::span<const std::byte>> subject_cid;
  std::optional<std::span<const std::byte>> via_cid;
  uri_columns subject;
  uri_columns via;
  row >> subject_cid >> via_cid >> subject >> via;
  return rebuild_subject(kind, ref_of(subject_cid, subject).value_or(text_ref{}), created_at,
                         ref_of(via_cid, via));
}

[[nodiscard]] expected<bytes> rebuild_pair_row(collection kind, row_reader& row,
                                               const found_record& of) {
  const auto created_at = read_created_text(row, of);
  std::string_view subject;
  row >> subject;
  return rebuild_pair(kind, subject, created_at);
}

[[nodiscard]] expected<bytes> rebuild_post_row(row_reader& row, const found_record& of) {
  const auto created_at = read_created_text(row, of);
  post_columns columns;
  std::optional<std::string_view> langs;
  std::optional<std::string_view> tags;
  std::optional<std::span<const std::byte>> root_cid;
  std::optional<std::span<const std::byte>> parent_cid;
  uri_columns root;
  uri_columns parent;
  row >> columns.text >> langs >> tags >> columns.facets >> columns.embed >> columns.labels >>
      columns.extra >> root_cid >> root >> parent_cid >> parent;
  columns.created_at = created_at;
  columns.langs = json_texts(langs);
  columns.tags = json_texts(tags);
  columns.reply_root = ref_of(root_cid, root);
  columns.reply_parent = ref_of(parent_cid, parent);
  return rebuild_post(columns);
}

[[nodiscard]] expected<bytes> rebuild(collection kind, row_reader& row, const found_record& of) {
  switch (kind) {
  case collection::like:
  case collection::repost:
    return rebuild_subject_row(kind, row, of);
  case collection::follow:
  case collection::block:
    return rebuild_pair_row(kind, row, of);
  case collection::post:
    return rebuild_post_row(row, of);
  default:
    return fail(errc::invalid, "the record is missing");
  }
}

/// Reads one row of `records_statement`.
/// @returns why it cannot be rebuilt
[[nodiscard]] expected<void> read_record(found_record& out, collection kind, row_reader& row) {
  std::int64_t at = 0;
  std::span<const std::byte> cid;
  bool fits = false;
  std::optional<std::span<const std::byte>> record;
  row >> at >> cid >> fits >> record >> timestamp(out.commit_time) >> timestamp(out.created_at);
  out.at = static_cast<std::size_t>(at - 1);
  out.cid = unpack_cid(cid);
  if (kind == collection::post)
    row >> out.flags.violates_thread_gate >> out.flags.violates_embedding_rules >>
        out.flags.has_thread_gate >> out.flags.has_post_gate;
  out.left_out = !fits;
  if (out.left_out)
    return {};
  if (record) {
    out.block.assign(record->begin(), record->end());
    return {};
  }
  auto block = rebuild(kind, row, out);
  if (!block)
    return tl::unexpected(std::move(block.error()));
  out.block = std::move(*block);
  return {};
}

[[nodiscard]] std::string cannot_be_rebuilt(collection kind, const record_path& path,
                                            const error& why) {
  return fmt::format("at://{}/{}/{} cannot be rebuilt: {}", path.did, atproto::nsid_of(kind),
                     path.rkey, printable(why.message));
}

using on_broken = std::function<void(const std::string& why)>;

[[nodiscard]] outcome<std::vector<found_record>> read_records(executor& on, collection kind,
                                                              std::span<const record_path> paths,
                                                              std::int64_t max_bytes,
                                                              const on_broken& broken) {
  std::vector<found_record> out;
  const auto* statement = records_statement(kind);
  if (statement == nullptr || paths.empty())
    return out;
  params p;
  p.text_array(paths, &record_path::did).text_array(paths, &record_path::rkey).int8(max_bytes);
  const auto rows = on.exec_prepared(*statement, p);
  if (!rows)
    return tl::unexpected(rows.error());
  out.reserve(rows->rows());
  for (std::size_t i = 0; i < rows->rows(); ++i) {
    row_reader row(*rows, i);
    auto& record = out.emplace_back();
    if (const auto read = read_record(record, kind, row); !read) {
      broken(cannot_be_rebuilt(kind, paths[record.at], read.error()));
      out.pop_back();
    }
  }
  return out;
}

/// The paths of a whole collection.
struct owned_path {
  std::string did;
  std::string rkey;
};

[[nodiscard]] outcome<std::vector<owned_path>> read_paths(executor& on, collection kind) {
  if (records_statement(kind) == nullptr)
    return std::vector<owned_path>{};
  const auto rows = on.exec(record_paths_sql(kind));
  if (!rows)
    return tl::unexpected(rows.error());
  return read_rows<owned_path>(
      *rows, [](owned_path& out, row_reader& row) { row >> out.did >> out.rkey; });
}

} // namespace

bool stored_record::has_its_cid() const {
  const auto id = atproto::cid::parse_received(cid);
  return id && id->matches(block);
}

outcome<std::vector<found_record>> records_at(executor& on, collection kind,
                                              std::span<const record_path> paths) {
  static log::line_limit<collection> lines(std::chrono::minutes(1), atproto::collection_count);
  return read_records(on, kind, paths.first(std::min(paths.size(), max_record_paths)),
                      reads::max_record_bytes, [&](const std::string& why) {
                        if (const auto left_out = lines.allow(kind, steady_clock::now()))
                          log::dataplane().error("{}{}", why, log::left_out_note(*left_out));
                      });
}

outcome<void> for_each_stored_record(executor& on, collection kind,
                                     const std::function<void(const stored_record&)>& visit) {
  const auto all = read_paths(on, kind);
  if (!all)
    return tl::unexpected(all.error());
  std::vector<record_path> paths;
  paths.reserve(all->size());
  for (const auto& each : *all)
    paths.push_back({each.did, each.rkey});
  std::span<const record_path> rest = paths;
  while (!rest.empty()) {
    const auto part = rest.first(std::min(rest.size(), max_record_paths));
    rest = rest.subspan(part.size());
    std::string failure;
    auto records = read_records(on, kind, part, reads::no_record_limit,
                                [&](const std::string& why) { failure = why; });
    if (!records)
      return tl::unexpected(records.error());
    if (!failure.empty())
      return tl::unexpected(db_error{error_class::fatal, std::string{sqlstate::internal},
                                     std::move(failure), "stored_records"});
    for (auto& each : *records)
      visit({kind, std::string{part[each.at].did}, std::string{part[each.at].rkey},
             std::move(each.cid), std::move(each.block)});
  }
  return {};
}

} // namespace prism::db
