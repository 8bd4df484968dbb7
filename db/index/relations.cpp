#include "db/index/relations.hpp"

#include "db/index/relation_table.hpp"

#include <algorithm>

namespace prism::db {

using atproto::collection;

namespace {

[[nodiscard]] params path_params(const std::vector<record_key>& paths) {
  params p;
  p.int8_array(paths, &record_key::creator_id).text_array(paths, &record_key::rkey);
  return p;
}

} // namespace

const relation_table* find_relation_table(collection kind) noexcept {
  const auto found = std::ranges::find_if(
      relation_tables(), [&](const auto& each) { return each.shape.kind == kind; });
  return found == relation_tables().end() ? nullptr : &*found;
}

std::span<const collection> relation_collections() noexcept {
  static constexpr std::array kinds{collection::like,         collection::repost,
                                    collection::follow,       collection::block,
                                    collection::list_item,    collection::list_block,
                                    collection::verification, collection::reference_list_opt_out};
  return kinds;
}

void queue_delete(pipeline& out, const relation_table& table,
                  const std::vector<record_key>& paths) {
  auto p = path_params(paths);
  p.int8_array(paths, &record_key::before);
  if (table.shape.history)
    p.int8_array(paths, &record_key::place);
  out.add(table.remove, std::move(p));
}

void queue_delete_by_subject(pipeline& out, const relation_table& table,
                             const std::vector<std::int64_t>& subjects) {
  params p;
  p.int8_array(subjects);
  out.add(table.remove_by_subject, std::move(p));
}

void queue_insert(pipeline& out, const relation_table& table, const std::vector<relation>& rows) {
  params p;
  for (const auto& each : table.shape.columns)
    each.bind(p, rows);
  out.add(table.insert, std::move(p));
}

void queue_promote_duplicates(pipeline& out, const relation_table& table,
                              const std::vector<relation>& removed) {
  params p;
  table.shape.first.bind(p, removed);
  table.shape.second.bind(p, removed);
  out.add(table.promote, std::move(p));
}

void queue_select_subjects(pipeline& out, collection kind, const std::vector<record_key>& paths) {
  auto p = path_params(paths);
  p.int2(static_cast<std::int16_t>(kind));
  out.add(find_relation_table(kind)->subjects_of, std::move(p));
}

void queue_select_paths(pipeline& out, const relation_table& table, std::int64_t creator_id,
                        stream_place until, std::int64_t limit) {
  params p;
  p.int8(creator_id).int8(until).int8(limit);
  out.add(table.paths_of, std::move(p));
}

std::vector<relation> read_relations(const relation_table& table, const result& rows) {
  std::vector<relation> out(rows.rows());
  for (std::size_t i = 0; i < out.size(); ++i) {
    row_reader row(rows, i);
    for (const auto& each : table.shape.columns)
      each.read(out[i], row);
    row >> out[i].duplicate;
  }
  return out;
}

} // namespace prism::db
