#include "db/reads/stored_records.hpp"

#include "atproto/syntax/datetime.hpp"
#include "core/printable.hpp"
#include "db/batch/rebuild.hpp"
#include "db/batch/refs.hpp"
#include "db/pg/row_reader.hpp"
#include "db/reads/answer_limit.hpp"
#include "db/reads/ids.hpp"
#include "db/reads/ordinal.hpp"
#include "db/reads/record_statements.hpp"
#include "log/line_limit.hpp"
#include "log/log.hpp"

#include <chrono>
#include <fmt/format.h>

namespace prism::db {

using atproto::collection;

namespace {

/// What a record refers to.
struct reference {
  std::optional<std::span<const std::byte>> cid;
  std::int64_t id{0}; ///< a uris.id, or of a pair a users.id
};

/// The texts of all that the records refer to, by those ids.
[[nodiscard]] text_ref ref_of(const reference& of, const reads::texts& names) {
  const auto found = names.find(of.id);
  return {found == names.end() ? std::string{} : found->second,
          of.cid ? unpack_cid(*of.cid) : std::string{}};
}

/// A strong reference; empty without a CID.
[[nodiscard]] std::optional<text_ref> optional_ref_of(const reference& of,
                                                      const reads::texts& names) {
  return of.cid ? std::optional{ref_of(of, names)} : std::nullopt;
}

/// createdAt as it was written.
/// @param row is before the column created_text.
[[nodiscard]] std::string read_created_text(row_reader& row, const found_record& of) {
  std::optional<std::string_view> text;
  row >> text;
  return text ? std::string{*text} : atproto::format_datetime(of.created_at.value_or(0));
}

[[nodiscard]] expected<bytes> rebuild_subject_row(collection kind, row_reader& row,
                                                  const found_record& of,
                                                  const reads::texts& names) {
  const auto created_at = read_created_text(row, of);
  reference subject;
  reference via;
  row >> subject.cid >> via.cid >> subject.id >> via.id;
  return rebuild_subject(kind, optional_ref_of(subject, names).value_or(text_ref{}), created_at,
                         optional_ref_of(via, names));
}

[[nodiscard]] expected<bytes> rebuild_pair_row(collection kind, row_reader& row,
                                               const found_record& of, const reads::texts& names) {
  const auto created_at = read_created_text(row, of);
  reference subject;
  row >> subject.id;
  return rebuild_pair(kind, ref_of(subject, names).uri, created_at);
}

[[nodiscard]] expected<bytes> rebuild_post_row(row_reader& row, const found_record& of,
                                               const reads::texts& names) {
  const auto created_at = read_created_text(row, of);
  post_columns columns;
  std::optional<std::string_view> langs;
  std::optional<std::string_view> tags;
  reference root;
  reference parent;
  row >> columns.text >> langs >> tags >> columns.facets >> columns.embed >> columns.labels >>
      columns.extra >> root.cid >> parent.cid >> root.id >> parent.id;
  columns.created_at = created_at;
  columns.langs = json_texts(langs);
  columns.tags = json_texts(tags);
  columns.reply_root = optional_ref_of(root, names);
  columns.reply_parent = optional_ref_of(parent, names);
  return rebuild_post(columns);
}

[[nodiscard]] expected<bytes> rebuild(collection kind, row_reader& row, const found_record& of,
                                      const reads::texts& names) {
  switch (kind) {
  case collection::like:
  case collection::repost:
    return rebuild_subject_row(kind, row, of, names);
  case collection::follow:
  case collection::block:
    return rebuild_pair_row(kind, row, of, names);
  case collection::post:
    return rebuild_post_row(row, of, names);
  default:
    return fail(errc::invalid, "the record is missing");
  }
}

/// The texts of what those records refer to that must be rebuilt.
/// @param max_bytes $1: larger records are left out
[[nodiscard]] outcome<reads::texts> names_in(reads::session& on, collection kind,
                                             const result& rows, std::int64_t max_bytes) {
  // The ids are in the last columns.
  const bool is_pair = kind == collection::follow || kind == collection::block;
  const bool is_subject = kind == collection::like || kind == collection::repost;
  if (!is_pair && !is_subject && kind != collection::post)
    return reads::texts{};
  constexpr std::size_t size = 2; // the columns
  constexpr std::size_t record = 3;
  reads::ids of;
  for (std::size_t i = 0; i < rows.rows(); ++i)
    if (rows.is_null(i, record) && rows.get_int8(i, size) <= max_bytes)
      for (auto column = rows.columns() - (is_pair ? 1 : 2); column < rows.columns(); ++column)
        of.push_back(rows.get_int8(i, column)); // 0: no reference
  return is_pair ? dids_of_ids(on, std::move(of)) : uris_of_ids(on, std::move(of));
}

/// Reads one row of `record_look_up::records`.
/// @param max_bytes $1
/// @returns why it cannot be rebuilt
[[nodiscard]] expected<void> read_record(found_record& out, collection kind, row_reader& row,
                                         std::int64_t max_bytes, const reads::texts& names) {
  std::span<const std::byte> cid;
  std::optional<std::span<const std::byte>> record;
  row >> ordinal(out.at) >> cid >> out.size >> record >> timestamp(out.commit_time) >>
      timestamp(out.created_at);
  out.cid = unpack_cid(cid);
  if (kind == collection::post)
    row >> out.flags.violates_thread_gate >> out.flags.violates_embedding_rules >>
        out.flags.has_thread_gate >> out.flags.has_post_gate;
  out.left_out = out.size > max_bytes;
  if (out.left_out)
    return {};
  if (record) {
    out.block.assign(record->begin(), record->end());
    return {};
  }
  auto block = rebuild(kind, row, out, names);
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

/// The ids by which the records are looked up: of their uris or of their creators; 0: unknown.
[[nodiscard]] outcome<reads::ids> ids_of_paths(reads::session& on, const record_look_up& by,
                                               std::span<const record_path> paths) {
  if (by.of_uri) {
    std::vector<uri_parts> uris;
    uris.reserve(paths.size());
    for (const auto& each : paths)
      uris.push_back({each.did, *by.of_uri, each.rkey});
    return ids_of_uris(on, uris);
  }
  std::vector<std::string_view> dids;
  dids.reserve(paths.size());
  for (const auto& each : paths)
    dids.push_back(each.did);
  return ids_of_dids(on, dids);
}

/// Those of the paths whose ids are known.
struct asked_records {
  std::vector<record_path> paths;
  reads::ids ids;
  std::vector<std::size_t> places; ///< in the list that was asked for
};

[[nodiscard]] asked_records known_of(std::span<const record_path> paths, const reads::ids& ids) {
  asked_records out;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (ids[i] == 0)
      continue;
    out.paths.push_back(paths[i]);
    out.ids.push_back(ids[i]);
    out.places.push_back(i);
  }
  return out;
}

/// @param which of the records
/// @param max_bytes of each of them
[[nodiscard]] outcome<std::vector<found_record>>
read_some(reads::session& on, collection kind, const asked_records& of,
          std::span<const std::size_t> which, std::int64_t max_bytes, const on_broken& broken) {
  const auto by = look_up_of(kind);
  params p;
  p.int8(max_bytes).int8_array(which, [&](std::size_t i) { return of.ids[i]; });
  if (!by.of_uri)
    p.text_array(which, [&](std::size_t i) { return of.paths[i].rkey; });
  const auto rows = on.exec_prepared(*by.records, p);
  if (!rows)
    return tl::unexpected(rows.error());
  const auto names = names_in(on, kind, *rows, max_bytes);
  if (!names)
    return tl::unexpected(names.error());
  std::vector<found_record> out;
  out.reserve(rows->rows());
  for (std::size_t i = 0; i < rows->rows(); ++i) {
    row_reader row(*rows, i);
    auto& record = out.emplace_back();
    const auto read = read_record(record, kind, row, max_bytes, *names);
    record.at = which[record.at];
    if (!read) {
      broken(cannot_be_rebuilt(kind, of.paths[record.at], read.error()));
      out.pop_back();
    }
  }
  return out;
}

[[nodiscard]] outcome<std::vector<found_record>> read_records(reads::session& on, collection kind,
                                                              std::span<const record_path> paths,
                                                              std::int64_t max_bytes,
                                                              const on_broken& broken) {
  const auto by = look_up_of(kind);
  if (by.records == nullptr || paths.empty())
    return std::vector<found_record>{};
  const auto ids = ids_of_paths(on, by, paths);
  if (!ids)
    return tl::unexpected(ids.error());
  const auto asked = known_of(paths, *ids);
  if (asked.ids.empty())
    return std::vector<found_record>{};
  auto out = reads::read_within(asked.ids.size(), max_bytes,
                                [&](std::span<const std::size_t> which, std::int64_t bytes) {
                                  return read_some(on, kind, asked, which, bytes, broken);
                                });
  if (out)
    for (auto& each : *out)
      each.at = asked.places[each.at];
  return out;
}

/// The paths of a whole collection.
struct owned_path {
  std::string did;
  std::string rkey;
};

[[nodiscard]] outcome<std::vector<owned_path>> read_paths(executor& on, collection kind) {
  const auto* paths = look_up_of(kind).paths;
  if (paths == nullptr)
    return std::vector<owned_path>{};
  const auto rows = on.exec_prepared(*paths);
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

outcome<std::vector<found_record>> records_at(reads::session& on, collection kind,
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
  reads::session with_ids(on);
  std::span<const record_path> rest = paths;
  while (!rest.empty()) {
    const auto part = rest.first(std::min(rest.size(), max_record_paths));
    rest = rest.subspan(part.size());
    std::string failure;
    auto records = read_records(with_ids, kind, part, reads::no_record_limit,
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
