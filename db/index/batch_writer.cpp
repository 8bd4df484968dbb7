#include "db/index/batch_writer.hpp"

#include "core/crash_point.hpp"
#include "db/batch/op_columns.hpp"
#include "db/index/round_trip.hpp"
#include "db/index/verifications.hpp"

#include <algorithm>

namespace prism::db {

using atproto::collection;

namespace {

const statement existing_lists{"existing_lists",
                               R"sql(SELECT id FROM lists WHERE id = ANY($1))sql"};

} // namespace

outcome<void> batch_writer::write(const std::vector<std::int64_t>& also_lock,
                                  std::vector<std::int64_t>* late_locks) {
  collect_puts();
  id_set locks{also_lock.begin(), also_lock.end()};
  if (late_locks != nullptr)
    locks.insert(late_locks->begin(), late_locks->end());
  return lock(std::move(locks), late_locks != nullptr)
      .and_then([&] { return notify_verifications(on_, ids_, plan_, effects_); })
      .and_then([&] { return remove_old(); })
      .and_then([&] { return release_and_park(); })
      .and_then([&] { return insert_new(); })
      .and_then([&] { return evaluate_gates(late_locks); });
}

void batch_writer::count_op(collection kind, op_action action, std::size_t n) {
  report_.ops[at(kind)][static_cast<std::size_t>(action)] += static_cast<std::uint32_t>(n);
}

void batch_writer::note_pending(std::vector<pending_change> changes) {
  std::ranges::move(changes, std::back_inserter(report_.pending));
}

void batch_writer::collect_puts() {
  for (const auto& path : plan_.of(collection::post)) {
    if (path.put != nullptr)
      posts_.push_back(to_post(*path.put, ids_));
    collect_superseded(collection::post, path);
  }
  for (const auto kind : document_collections())
    for (const auto& path : plan_.of(kind)) {
      if (path.put != nullptr)
        documents_[at(kind)].push_back(to_document(*path.put, ids_));
      collect_superseded(kind, path);
    }
  for (const auto kind : relation_collections())
    for (const auto& path : plan_.of(kind)) {
      if (path.put != nullptr)
        relations_[at(kind)].push_back(to_relation(*path.put, ids_));
      collect_superseded(kind, path);
    }
}

void batch_writer::collect_superseded(collection kind, const planned_path& path) {
  for (const auto& [what, until, ended_at] : path.superseded)
    switch (kind) {
    case collection::post: {
      history_.posts.push_back({to_post(*what, ids_), until});
      const auto& row = history_.posts.back().row;
      if (ids_.owner(row.columns.reply_root) == row.creator_id)
        note_ended_op_reply(path,
                            {row.creator_id, *row.reply_root_id, row.id,
                             row.reply_parent_id.value_or(*row.reply_root_id), until, ended_at});
      break;
    }
    case collection::thread_gate:
      history_.thread_gates.push_back({to_document(*what, ids_), until});
      break;
    case collection::post_gate:
      history_.post_gates.push_back({to_document(*what, ids_), until});
      break;
    case collection::follow:
    case collection::list_item: {
      auto& kept = kind == collection::follow ? history_.follows : history_.list_items;
      kept.push_back({to_relation(*what, ids_), until});
      note_relation_change(kind, kept.back().row, what->place);
      break;
    }
    default:
      break;
    }
}

// A version that stays in the thread does not end, and nothing of a deleted account keeps a place.
void batch_writer::note_ended_op_reply(const planned_path& path, const ended_op_reply& reply) {
  if (ids_.of.removes_account)
    return;
  if (path.put != nullptr &&
      ids_.optional_uri(columns_of<post_row>(*path.put).reply_root) == reply.root_id)
    return;
  effects_.lock_user(reply.creator_id);
  effects_.keep_op_reply(reply);
}

outcome<void> batch_writer::lock(id_set locks, bool wait_briefly) {
  id_set posts;
  id_set lists;
  for (const auto kind : {collection::like, collection::repost})
    for (const auto& row : relations_[at(kind)]) {
      locks.insert(row.subject_id);
      posts.insert(row.subject_id);
    }
  for (const auto& row : relations_[at(collection::list_item)])
    lists.insert(row.list_id);
  for (const auto& path : plan_.of(collection::post)) {
    locks.insert(ids_.uri(path.self));
    posts.insert(ids_.uri(path.self));
  }
  for (const auto& path : plan_.of(collection::post_gate))
    locks.insert(ids_.uri(path.self));
  for (const auto& path : plan_.of(collection::list))
    lists.insert(ids_.uri(path.self));
  for (const auto& row : posts_)
    for (const auto& id : {row.reply_parent_id, row.quoted_id})
      if (id)
        locks.insert(*id);
  for (const auto& [row, until] : history_.posts)
    if (row.reply_parent_id)
      locks.insert(*row.reply_parent_id);
  locked_.posts = locks;
  round_trip next(on_);
  if (!locks.empty()) {
    queue_lock_known_posts(next.pipe(), sorted(locks));
    next.then([&locks](const result& rows) -> outcome<void> {
      for (std::size_t i = 0; i < rows.rows(); ++i)
        locks.erase(rows.get_int8(i, 0));
      return {};
    });
  }
  if (!posts.empty()) {
    queue_select_existing_posts(next.pipe(), sorted(posts));
    next.then([this](const result& rows) { return note_live(rows); });
  }
  if (!lists.empty()) {
    params p;
    p.int8_array(sorted(lists));
    next.pipe().add(existing_lists, std::move(p));
    next.then([this](const result& rows) { return note_live(rows); });
  }
  return next.run().and_then([&] { return lock_new_rows(locks, posts, wait_briefly); });
}

// The few that have no row yet are locked behind those that have, so out of order; whether their
// posts exist is known only after that.
outcome<void> batch_writer::lock_new_rows(const id_set& locks, const id_set& posts,
                                          bool wait_briefly) {
  if (locks.empty())
    return {};
  round_trip next(on_);
  if (wait_briefly)
    queue_lock_posts_late(next.pipe(), sorted(locks));
  else
    queue_lock_posts(next.pipe(), sorted(locks));
  id_set unknown;
  std::ranges::copy_if(locks, std::inserter(unknown, unknown.end()),
                       [&](std::int64_t id) { return posts.contains(id); });
  if (!unknown.empty()) {
    queue_select_existing_posts(next.pipe(), sorted(unknown));
    next.then([this](const result& rows) { return note_live(rows); });
  }
  return next.run();
}

outcome<void> batch_writer::note_live(const result& ids) {
  for (std::size_t i = 0; i < ids.rows(); ++i)
    live_.insert(ids.get_int8(i, 0));
  return {};
}

void batch_writer::note_relation_change(collection kind, const relation& row, stream_place where) {
  if (kind == collection::follow)
    changes_.follows.push_back({row.creator_id, row.subject_id, where});
  else if (kind == collection::list_item) {
    changes_.list_items.push_back({row.list_id, row.subject_id, where});
    effects_.lock_list(row.list_id);
    effects_.lock_user(row.subject_id);
  }
}

void batch_writer::note_post_change(const planned_path& path, std::optional<std::int64_t> root,
                                    std::optional<std::int64_t> root_owner) {
  const auto id = ids_.uri(path.self);
  changes_.add_post(id, root.value_or(id), path.first_place);
  if (!root || root_owner) {
    effects_.lock_user(root_owner.value_or(ids_.user(path.creator)));
    locked_.threads.insert(root.value_or(id));
  }
}

outcome<void> batch_writer::release_and_park() {
  round_trip next(on_);
  for (const auto kind : relation_collections()) {
    const auto& gone = kind == collection::list_item ? deleted_lists_ : deleted_posts_;
    if (!can_be_parked(kind) || gone.empty())
      continue;
    const auto& table = *find_relation_table(kind);
    queue_delete_by_subject(next.pipe(), table, gone);
    next.then([this, kind, &table](const result& rows) -> outcome<void> {
      for (auto& row : read_relations(table, rows)) {
        if (!row.duplicate)
          effects_.relation_removed(kind, row);
        const auto referent = kind == collection::list_item ? row.list_id : row.subject_id;
        parked_.push_back({kind, referent, std::move(row)});
      }
      return {};
    });
  }
  // After parking: a parked duplicate must not replace a counted row, since it would notify after
  // its retraction.
  for (const auto kind : relation_collections()) {
    if (vacated_pairs_[at(kind)].empty())
      continue;
    const auto& table = *find_relation_table(kind);
    queue_promote_duplicates(next.pipe(), table, vacated_pairs_[at(kind)]);
    next.then([this, kind, &table](const result& rows) -> outcome<void> {
      for (const auto& row : read_relations(table, rows))
        effects_.relation_added(kind, row);
      return {};
    });
  }
  std::vector<std::int64_t> arrived;
  for (const auto& row : posts_)
    if (live_.insert(row.id).second)
      arrived.push_back(row.id);
  for (const auto& row : documents_[at(collection::list)])
    if (live_.insert(row.id).second)
      arrived.push_back(row.id);
  if (!arrived.empty()) {
    queue_release(next.pipe(), arrived);
    next.then([this](const result& rows) -> outcome<void> {
      auto released = read_released(rows);
      if (!released.empty())
        hit(crash_point::during_release);
      for (auto& op : released) {
        report_.pending.push_back(
            {pending_event::released, op.kind, op.referent_id, op.row.creator_id, op.row.rkey});
        relations_[at(op.kind)].push_back(std::move(op.row));
      }
      return {};
    });
  }
  return next.run();
}

} // namespace prism::db
