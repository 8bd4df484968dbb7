#include "db/index/batch_writer.hpp"
#include "db/index/round_trip.hpp"

#include <unordered_map>

/// The deleting half of `batch_writer`.
namespace prism::db {

using atproto::collection;

outcome<void> batch_writer::remove_old() {
  round_trip next(on_);
  remove_relations(next);
  remove_posts(next);
  remove_documents(next);
  return next.run();
}

void batch_writer::remove_relations(round_trip& next) {
  for (const auto kind : relation_collections()) {
    std::vector<record_key> paths;
    std::unordered_map<std::string, stream_place> where;
    auto earliest = end_of_places;
    for (const auto& path : plan_.of(kind))
      if (path.remove_old) {
        paths.push_back({ids_.user(path.creator), std::string{path.rkey}, path.old_ended_at(),
                         path.remove_before});
        where[fmt::format("{}/{}", paths.back().creator_id, path.rkey)] = path.first_place;
        earliest = std::min(earliest, path.first_place);
      }
    if (paths.empty())
      continue;
    // Parked operations first: a concurrent release holds these rows, so the delete waits for it,
    // and the next statement sees the rows that it has moved.
    if (can_be_parked(kind)) {
      queue_cancel_parked(next.pipe(), kind, paths);
      next.then([this, kind, earliest](const result& rows) -> outcome<void> {
        count_op(kind, op_action::remove, rows.rows());
        note_pending(read_pending_changes(rows, pending_event::cancelled));
        if (kind == collection::list_item)
          for (const auto& item : read_cancelled_items(rows))
            note_relation_change(kind, item, earliest);
        return {};
      });
    }
    const auto& table = *find_relation_table(kind);
    queue_delete(next.pipe(), table, paths);
    next.then([this, kind, &table, where](const result& rows) -> outcome<void> {
      count_op(kind, op_action::remove, rows.rows());
      for (auto& row : read_relations(table, rows)) {
        const auto found = where.find(fmt::format("{}/{}", row.creator_id, row.rkey));
        const auto place = found == where.end() ? row.place : found->second;
        note_relation_change(kind, row, place);
        if (row.duplicate)
          continue;
        effects_.relation_removed(kind, row);
        vacated_pairs_[at(kind)].push_back(std::move(row));
      }
      return {};
    });
  }
}

void batch_writer::remove_posts(round_trip& next) {
  std::vector<post_removal> old_posts;
  std::unordered_map<std::int64_t, const planned_path*> by_id;
  for (const auto& path : plan_.of(collection::post))
    if (path.remove_old) {
      old_posts.push_back({ids_.uri(path.self), path.old_ended_at(), path.remove_before});
      by_id[old_posts.back().id] = &path;
    }
  if (old_posts.empty())
    return;
  queue_delete_posts(next.pipe(), old_posts);
  next.then([this, by_id](const result& rows) -> outcome<void> {
    count_op(collection::post, op_action::remove, rows.rows());
    for (const auto& row : read_removed_posts(rows)) {
      const auto& path = *by_id.at(row.id);
      post_removed(effects_, row, std::string{path.rkey});
      note_post_change(path, row.reply_root_id, row.reply_root_owner);
      if (row.reply_root_id && row.reply_root_owner == row.creator_id &&
          path.remove_before == end_of_places)
        note_ended_op_reply(path, {row.creator_id, *row.reply_root_id, row.id,
                                   row.reply_parent_id.value_or(*row.reply_root_id),
                                   path.first_place, path.first_time});
      live_.erase(row.id);
      if (path.put == nullptr)
        deleted_posts_.push_back(row.id);
    }
    return {};
  });
}

void batch_writer::remove_documents(round_trip& next) {
  for (const auto kind : document_collections()) {
    std::vector<record_key> paths;
    std::vector<std::int64_t> ids;
    for (const auto& path : plan_.of(kind)) {
      if (!path.remove_old)
        continue;
      paths.push_back({ids_.user(path.creator), std::string{path.rkey}, path.old_ended_at(),
                       path.remove_before});
      ids.push_back(path.self == no_ref ? 0 : ids_.uri(path.self));
      if (kind == collection::list && path.put == nullptr) {
        deleted_lists_.push_back(ids.back());
        live_.erase(ids.back());
      }
    }
    if (paths.empty())
      continue;
    queue_delete(next.pipe(), *find_document_table(kind), kind, paths, ids);
    next.then([this, kind](const result& rows) -> outcome<void> {
      count_op(kind, op_action::remove, rows.rows());
      if (kind == collection::profile)
        for (const auto& row : read_removed(rows))
          if (row.path.rkey == "self")
            had_profile_.emplace(row.path.creator_id, row.place);
      return {};
    });
  }
}

} // namespace prism::db
