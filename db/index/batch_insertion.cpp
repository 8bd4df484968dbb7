#include "db/batch/op_columns.hpp"
#include "db/index/batch_writer.hpp"
#include "db/index/round_trip.hpp"

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

/// The inserting half of `batch_writer`.
namespace prism::db {

using atproto::collection;

// Parks relations whose referent is not indexed; a like of anything but a post is never parked. The
// rows of the plan come first, in its order; released ones, whose referent is indexed, follow.
void batch_writer::park_waiting(collection kind) {
  std::vector<relation> ready;
  auto row = relations_[at(kind)].begin();
  for (const auto& path : plan_.of(kind)) {
    if (path.put == nullptr)
      continue;
    const auto& in = columns_of<relation_row>(*path.put);
    const auto ref = kind == collection::list_item ? in.list : in.subject;
    const auto referent = ids_.uri(ref);
    const bool can_wait = kind == collection::list_item || ids_.is_post(ref);
    if (can_wait && !live_.contains(referent))
      parked_.push_back({kind, referent, std::move(*row)});
    else
      ready.push_back(std::move(*row));
    ++row;
  }
  std::move(row, relations_[at(kind)].end(), std::back_inserter(ready));
  relations_[at(kind)] = std::move(ready);
}

outcome<void> batch_writer::insert_new() {
  for (const auto kind : {collection::like, collection::repost, collection::list_item})
    park_waiting(kind);
  round_trip next(on_);
  if (!posts_.empty()) {
    queue_insert_posts(next.pipe(), posts_);
    next.then([this](const result& rows) -> outcome<void> {
      id_set inserted;
      for (std::size_t i = 0; i < rows.rows(); ++i)
        inserted.insert(rows.get_int8(i, 0));
      std::erase_if(posts_, [&](const post& row) { return !inserted.contains(row.id); });
      for (const auto& row : posts_)
        post_added(effects_, row);
      count_op(collection::post, op_action::create, posts_.size());
      return {};
    });
  }
  for (const auto kind : document_collections()) {
    if (documents_[at(kind)].empty())
      continue;
    queue_insert(next.pipe(), *find_document_table(kind), documents_[at(kind)]);
    next.then([this, kind](const result& rows) -> outcome<void> {
      count_op(kind, op_action::create, rows.rows());
      if (kind == collection::profile)
        has_new_profile_ = creators_of_self(rows);
      return {};
    });
  }
  for (const auto kind : relation_collections()) {
    if (relations_[at(kind)].empty())
      continue;
    const auto& table = *find_relation_table(kind);
    queue_insert(next.pipe(), table, relations_[at(kind)]);
    next.then([this, kind, &table](const result& rows) -> outcome<void> {
      count_op(kind, op_action::create, rows.rows());
      for (const auto& row : read_relations(table, rows)) {
        note_relation_change(kind, row, row.place);
        if (!row.duplicate)
          effects_.relation_added(kind, row);
      }
      return {};
    });
  }
  for (const auto& op : parked_)
    note_relation_change(op.kind, op.row, op.row.place);
  queue_insert_history(next.pipe(), history_);
  if (!parked_.empty()) {
    queue_park(next.pipe(), parked_);
    next.then([this](const result& rows) -> outcome<void> {
      note_pending(read_pending_changes(rows, pending_event::parked));
      return {};
    });
  }
  return next.run().map([this] { notify_starter_pack_joins(); });
}

batch_writer::id_set batch_writer::creators_of_self(const result& rows) {
  id_set out;
  for (const auto& row : read_inserted(rows))
    if (row.rkey == "self")
      out.insert(row.creator_id);
  return out;
}

// A new profile notifies the owner of its starter pack, once: neither an update nor the deletion of
// the profile changes that (@atproto/bsky, profile plugin). What is written behind the account's
// deletion is new, although the old one stays until the deletion is confirmed.
void batch_writer::notify_starter_pack_joins() {
  std::unordered_map<did_ref, std::optional<stream_place>> there; // of the profile, if there is one
  for (const auto& path : plan_.of(collection::profile))
    if (path.rkey == "self") {
      const auto creator = ids_.user(path.creator);
      auto& place = there[path.creator]; // before the batch
      if (const auto old = had_profile_.find(creator); old != had_profile_.end())
        place = old->second;
      else if (path.put != nullptr && !has_new_profile_.contains(creator))
        place = end_of_places; // it stays
    }
  for (const auto* each : plan_.ordered_ops) {
    if (each->kind != collection::profile || each->rkey != "self")
      continue;
    auto& place = there[each->creator];
    const bool is_new = !place || *place < plan_.last_deletion(each->creator, each->place);
    if (each->action == op_action::remove)
      place.reset();
    else
      place = each->place;
    if (!is_new || each->action == op_action::remove)
      continue;
    const auto& row = columns_of<profile_row>(*each);
    if (row.joined_via == no_ref)
      continue;
    if (const auto owner = ids_.owner(row.joined_via))
      effects_.notify({owner, ids_.user(each->creator), notification_reason::starterpack_joined,
                       each->rkey, ids_.uri(row.joined_via), each->commit_time, each->place});
  }
}

outcome<void> batch_writer::evaluate_gates(std::vector<std::int64_t>* late_locks) {
  std::vector<notifying_post> added;
  id_set replies;
  id_set quotes;
  id_set inserted;
  for (const auto& row : posts_) {
    inserted.insert(row.id);
    if (row.reply_parent_id)
      replies.insert(row.id);
    if (row.quoted_id)
      quotes.insert(row.id);
    auto& each = added.emplace_back();
    each.id = row.id;
    each.author_id = row.creator_id;
    each.rkey = row.rkey;
    each.sort_at = std::min(row.created_at, row.commit_time);
    each.place = row.place;
    each.mentions = row.mentions;
    each.quoted_id = row.quoted_id;
    if (row.columns.quoted != no_ref)
      each.quoted_owner = ids_.owner(row.columns.quoted);
  }
  const auto note = [this](const planned_path& path, const op& what) {
    const auto root = columns_of<post_row>(what).reply_root;
    if (root == no_ref)
      note_post_change(path, std::nullopt, std::nullopt);
    else
      note_post_change(path, ids_.uri(root), ids_.owner(root));
  };
  for (const auto& path : plan_.of(collection::post)) {
    if (path.put != nullptr && inserted.contains(ids_.uri(path.self)))
      note(path, *path.put);
    for (const auto& each : path.superseded)
      note(path, *each.what);
  }
  for (const auto& [row, until] : history_.posts)
    if (row.reply_parent_id)
      replies.insert(row.id);
  for (const auto kind : {collection::thread_gate, collection::post_gate})
    for (const auto& path : plan_.of(kind)) {
      auto& gates = kind == collection::thread_gate ? changes_.thread_gates : changes_.post_gates;
      gates.push_back({ids_.uri(path.self), path.first_place});
      effects_.lock_user(ids_.user(path.creator));
    }
  for (const auto& gate : documents_[at(collection::thread_gate)])
    for (const auto list : gate.first_ids)
      effects_.lock_list(list);
  if (changes_.empty())
    return {};
  gate_evaluator evaluator(on_, effects_, std::move(locked_), late_locks);
  return evaluator.run(changes_, std::move(added), replies, quotes);
}

} // namespace prism::db
