#include "db/batch_writer.hpp"

#include "db/thread_judge.hpp"

#include <algorithm>
#include <unordered_map>

namespace prism::db {

using atproto::collection;

namespace {

constexpr statement existing_lists{"existing_lists", "SELECT id FROM lists WHERE id = ANY($1)"};

[[nodiscard]] std::size_t at(collection kind) {
  return static_cast<std::size_t>(kind);
}

[[nodiscard]] std::vector<std::int64_t> sorted(std::unordered_set<std::int64_t> ids) {
  std::vector<std::int64_t> out{ids.begin(), ids.end()};
  std::ranges::sort(out);
  return out;
}

[[nodiscard]] micros earliest(const std::vector<record_key>& paths) {
  return std::ranges::min(paths, {}, &record_key::time).time;
}

[[nodiscard]] bool can_be_parked(collection kind) {
  return kind == collection::like || kind == collection::repost || kind == collection::list_item;
}

/// Sends a pipeline and hands its results to readers in order.
class step {
public:
  explicit step(executor& on) : pipe_(on) {}

  /// The pipeline to queue on; call `then` after each statement whose result matters.
  [[nodiscard]] pipeline& pipe() { return pipe_; }

  /// What to do with the result of the statement queued last.
  void then(std::function<outcome<void>(const result&)> read) {
    readers_.emplace_back(pipe_.size() - 1, std::move(read));
  }

  [[nodiscard]] outcome<void> run() {
    if (pipe_.empty())
      return {};
    const auto results = pipe_.sync();
    if (!results)
      return tl::unexpected(results.error());
    for (const auto& [index, read] : readers_)
      if (auto done = read((*results)[index]); !done)
        return done;
    return {};
  }

private:
  pipeline pipe_;
  std::vector<std::pair<std::size_t, std::function<outcome<void>(const result&)>>> readers_;
};

} // namespace

outcome<void> batch_writer::write(const std::vector<std::int64_t>& also_lock) {
  collect_puts();
  return lock(also_lock)
      .and_then([&] { return remove_old(); })
      .and_then([&] { return settle_referents(); })
      .and_then([&] { return insert_new(); })
      .and_then([&] { return judge(); });
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
    collect_passed(collection::post, path);
  }
  for (const auto kind : document_collections())
    for (const auto& path : plan_.of(kind)) {
      if (path.put != nullptr)
        documents_[at(kind)].push_back(to_document(*path.put, ids_));
      collect_passed(kind, path);
    }
  for (const auto kind : edge_collections())
    for (const auto& path : plan_.of(kind)) {
      if (path.put != nullptr)
        edges_[at(kind)].push_back(to_edge(*path.put, ids_));
      collect_passed(kind, path);
    }
}

void batch_writer::collect_passed(collection kind, const planned_path& path) {
  for (const auto& [what, until] : path.passed)
    switch (kind) {
    case collection::post:
      history_.posts.push_back({to_post(*what, ids_), until});
      break;
    case collection::thread_gate:
      history_.thread_gates.push_back({to_document(*what, ids_), until});
      break;
    case collection::post_gate:
      history_.post_gates.push_back({to_document(*what, ids_), until});
      break;
    case collection::follow:
    case collection::list_item: {
      auto& kept = kind == collection::follow ? history_.follows : history_.list_items;
      kept.push_back({to_edge(*what, ids_), until});
      note_edge_change(kind, kept.back().row, what->commit_time);
      break;
    }
    case collection::verification: {
      // It was given, and taken back.
      auto row = to_edge(*what, ids_);
      effects_.edge_added(kind, row);
      row.commit_time = until;
      effects_.edge_removed(kind, row);
      break;
    }
    default:
      break;
    }
}

outcome<void> batch_writer::lock(const std::vector<std::int64_t>& also_lock) {
  id_set locks{also_lock.begin(), also_lock.end()};
  id_set posts;
  id_set lists;
  for (const auto kind : {collection::like, collection::repost})
    for (const auto& row : edges_[at(kind)]) {
      locks.insert(row.subject_id);
      posts.insert(row.subject_id);
    }
  for (const auto& row : edges_[at(collection::list_item)])
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
  locked_ = locks;
  step next(on_);
  const auto note_live = [this](const result& rows) -> outcome<void> {
    for (std::size_t i = 0; i < rows.rows(); ++i)
      live_.insert(rows.get_int8(i, 0));
    return {};
  };
  if (!locks.empty())
    add_lock_posts(next.pipe(), sorted(std::move(locks)));
  if (!posts.empty()) {
    add_existing_posts(next.pipe(), sorted(std::move(posts)));
    next.then(note_live);
  }
  if (!lists.empty()) {
    params p;
    p.int8_array(sorted(std::move(lists)));
    next.pipe().add(existing_lists, std::move(p));
    next.then(note_live);
  }
  return next.run();
}

void batch_writer::note_edge_change(collection kind, const edge& row, micros when) {
  if (kind == collection::follow)
    changes_.follows.push_back({row.creator_id, row.subject_id, when});
  else if (kind == collection::list_item) {
    changes_.list_items.push_back({row.list_id, row.subject_id, when});
    effects_.lock_list(row.list_id);
    effects_.lock_user(row.subject_id);
  }
}

void batch_writer::note_post_change(const planned_path& path, std::optional<std::int64_t> root,
                                    std::optional<std::int64_t> root_owner) {
  const auto id = ids_.uri(path.self);
  changes_.posts.push_back({id, path.first_time});
  changes_.threads.push_back(root.value_or(id));
  if (!root || root_owner) {
    effects_.lock_user(root_owner.value_or(ids_.user(path.creator)));
    locked_.insert(root.value_or(id));
  }
}

outcome<void> batch_writer::remove_old() {
  step next(on_);
  for (const auto kind : edge_collections()) {
    std::vector<record_key> paths;
    std::unordered_map<std::string, micros> when;
    for (const auto& path : plan_.of(kind))
      if (path.remove_old) {
        paths.push_back({ids_.user(path.creator), std::string{path.rkey}, path.first_time});
        when[fmt::format("{}/{}", paths.back().creator_id, path.rkey)] = path.first_time;
      }
    if (paths.empty())
      continue;
    // Parked first: a release that is under way elsewhere holds these rows, and what it has moved
    // is then seen by the delete behind it.
    if (can_be_parked(kind)) {
      add_cancel(next.pipe(), kind, paths);
      next.then([this, kind, earliest = earliest(paths)](const result& rows) -> outcome<void> {
        count_op(kind, op_action::remove, rows.rows());
        note_pending(read_pending_changes(rows, pending_event::cancelled));
        if (kind == collection::list_item)
          for (std::size_t i = 0; i < rows.rows(); ++i) {
            edge item;
            item.list_id = rows.get_int8(i, 1);
            item.subject_id = rows.get_int8(i, 2);
            note_edge_change(kind, item, earliest);
          }
        return {};
      });
    }
    const auto& table = *find_edge_table(kind);
    add_remove(next.pipe(), table, paths);
    next.then([this, kind, &table, when](const result& rows) -> outcome<void> {
      count_op(kind, op_action::remove, rows.rows());
      for (auto& row : read_edges(table, rows)) {
        const auto found = when.find(fmt::format("{}/{}", row.creator_id, row.rkey));
        const auto time = found == when.end() ? row.commit_time : found->second;
        note_edge_change(kind, row, time);
        if (row.duplicate)
          continue;
        if (kind == collection::verification)
          row.commit_time = time;
        effects_.edge_removed(kind, row);
        vacated_[at(kind)].push_back(std::move(row));
      }
      return {};
    });
  }

  std::vector<post_removal> old_posts;
  std::unordered_map<std::int64_t, const planned_path*> by_id;
  for (const auto& path : plan_.of(collection::post))
    if (path.remove_old) {
      old_posts.push_back({ids_.uri(path.self), path.first_time});
      by_id[old_posts.back().id] = &path;
    }
  if (!old_posts.empty()) {
    add_remove_posts(next.pipe(), old_posts);
    next.then([this, by_id](const result& rows) -> outcome<void> {
      count_op(collection::post, op_action::remove, rows.rows());
      for (const auto& row : read_removed_posts(rows)) {
        const auto& path = *by_id.at(row.id);
        post_removed(effects_, row, std::string{path.rkey});
        note_post_change(path, row.reply_root_id, row.reply_root_owner);
        live_.erase(row.id);
        if (path.put == nullptr)
          gone_posts_.push_back(row.id);
      }
      return {};
    });
  }

  for (const auto kind : document_collections()) {
    std::vector<record_key> paths;
    std::vector<std::int64_t> ids;
    for (const auto& path : plan_.of(kind)) {
      if (!path.remove_old)
        continue;
      paths.push_back({ids_.user(path.creator), std::string{path.rkey}, path.first_time});
      ids.push_back(path.self == no_ref ? 0 : ids_.uri(path.self));
      if (kind == collection::list && path.put == nullptr) {
        gone_lists_.push_back(ids.back());
        live_.erase(ids.back());
      }
    }
    if (paths.empty())
      continue;
    add_remove(next.pipe(), *find_document_table(kind), kind, paths, ids);
    next.then([this, kind](const result& rows) -> outcome<void> {
      count_op(kind, op_action::remove, rows.rows());
      if (kind == collection::profile)
        for (std::size_t i = 0; i < rows.rows(); ++i)
          had_profile_.insert(rows.get_int8(i, 0));
      return {};
    });
  }
  return next.run();
}

outcome<void> batch_writer::settle_referents() {
  step next(on_);
  for (const auto kind : edge_collections()) {
    const auto& table = *find_edge_table(kind);
    if (!vacated_[at(kind)].empty()) {
      add_promote(next.pipe(), table, vacated_[at(kind)]);
      next.then([this, kind, &table](const result& rows) -> outcome<void> {
        for (const auto& row : read_edges(table, rows))
          effects_.edge_added(kind, row);
        return {};
      });
    }
    const auto& gone = kind == collection::list_item ? gone_lists_ : gone_posts_;
    if (!can_be_parked(kind) || gone.empty())
      continue;
    add_remove_by_subject(next.pipe(), table, gone);
    next.then([this, kind, &table](const result& rows) -> outcome<void> {
      for (auto& row : read_edges(table, rows)) {
        if (!row.duplicate)
          effects_.edge_removed(kind, row);
        const auto referent = kind == collection::list_item ? row.list_id : row.subject_id;
        parked_.push_back({kind, referent, std::move(row)});
      }
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
    add_release(next.pipe(), arrived);
    next.then([this](const result& rows) -> outcome<void> {
      auto released = read_released(rows);
      for (auto& op : released) {
        report_.pending.push_back(
            {pending_event::released, op.kind, op.referent_id, op.row.creator_id, op.row.rkey});
        edges_[at(op.kind)].push_back(std::move(op.row));
      }
      return {};
    });
  }
  return next.run();
}

// Edges whose referent is not indexed wait for it; likes of other things than posts never wait. The
// rows of the plan come first, in its order; released ones, which wait no more, stand behind them.
void batch_writer::park_waiting(collection kind) {
  std::vector<edge> ready;
  auto row = edges_[at(kind)].begin();
  for (const auto& path : plan_.of(kind)) {
    if (path.put == nullptr)
      continue;
    const auto& in = std::get<edge_row>(path.put->columns);
    const auto ref = kind == collection::list_item ? in.list : in.subject;
    const auto referent = ids_.uri(ref);
    const bool can_wait = kind == collection::list_item || ids_.is_post(ref);
    if (can_wait && !live_.contains(referent))
      parked_.push_back({kind, referent, std::move(*row)});
    else
      ready.push_back(std::move(*row));
    ++row;
  }
  std::move(row, edges_[at(kind)].end(), std::back_inserter(ready));
  edges_[at(kind)] = std::move(ready);
}

outcome<void> batch_writer::insert_new() {
  for (const auto kind : {collection::like, collection::repost, collection::list_item})
    park_waiting(kind);
  step next(on_);
  if (!posts_.empty()) {
    add_insert_posts(next.pipe(), posts_);
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
    add_insert(next.pipe(), *find_document_table(kind), documents_[at(kind)]);
    next.then([this, kind](const result& rows) -> outcome<void> {
      count_op(kind, op_action::create, rows.rows());
      if (kind != collection::profile)
        return {};
      id_set fresh;
      for (std::size_t i = 0; i < rows.rows(); ++i)
        fresh.insert(rows.get_int8(i, 0));
      notify_of_joins(fresh);
      return {};
    });
  }
  for (const auto kind : edge_collections()) {
    if (edges_[at(kind)].empty())
      continue;
    const auto& table = *find_edge_table(kind);
    add_insert(next.pipe(), table, edges_[at(kind)]);
    next.then([this, kind, &table](const result& rows) -> outcome<void> {
      count_op(kind, op_action::create, rows.rows());
      for (const auto& row : read_edges(table, rows)) {
        note_edge_change(kind, row, row.commit_time);
        if (!row.duplicate)
          effects_.edge_added(kind, row);
      }
      return {};
    });
  }
  for (const auto& op : parked_)
    note_edge_change(op.kind, op.row, op.row.commit_time);
  add_keep(next.pipe(), history_);
  if (!parked_.empty()) {
    add_park(next.pipe(), parked_);
    next.then([this](const result& rows) -> outcome<void> {
      note_pending(read_pending_changes(rows, pending_event::parked));
      return {};
    });
  }
  return next.run();
}

void batch_writer::notify_of_joins(const id_set& fresh) {
  // Only the first profile tells of a starter pack: a later version is an update.
  for (const auto& path : plan_.of(collection::profile)) {
    const auto creator = ids_.user(path.creator);
    const op* first = path.passed.empty() ? path.put : path.passed.front().what;
    if (first == nullptr || path.rkey != "self" || !fresh.contains(creator) ||
        had_profile_.contains(creator))
      continue;
    const auto& row = std::get<profile_row>(first->columns);
    if (row.joined_via == no_ref)
      continue;
    if (const auto owner = ids_.owner(row.joined_via))
      effects_.notify({owner, creator, notification_reason::starterpack_joined,
                       std::string{path.rkey}, ids_.uri(row.joined_via), first->commit_time});
  }
}

outcome<void> batch_writer::judge() {
  std::vector<speaking_post> added;
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
    each.mentions = row.mentions;
    each.quoted_id = row.quoted_id;
    if (row.columns.quoted != no_ref)
      each.quoted_owner = ids_.owner(row.columns.quoted);
  }
  const auto note = [this](const planned_path& path, const op& what) {
    const auto root = std::get<post_row>(what.columns).reply_root;
    if (root == no_ref)
      note_post_change(path, std::nullopt, std::nullopt);
    else
      note_post_change(path, ids_.uri(root), ids_.owner(root));
  };
  for (const auto& path : plan_.of(collection::post)) {
    if (path.put != nullptr && inserted.contains(ids_.uri(path.self)))
      note(path, *path.put);
    for (const auto& [what, until] : path.passed)
      note(path, *what);
  }
  for (const auto& [row, until] : history_.posts)
    if (row.reply_parent_id)
      replies.insert(row.id);
  for (const auto kind : {collection::thread_gate, collection::post_gate})
    for (const auto& path : plan_.of(kind)) {
      auto& gates = kind == collection::thread_gate ? changes_.thread_gates : changes_.post_gates;
      gates.push_back({ids_.uri(path.self), path.first_time});
      effects_.lock_user(ids_.user(path.creator));
    }
  for (const auto& gate : documents_[at(collection::thread_gate)])
    for (const auto list : gate.first_ids)
      effects_.lock_list(list);
  if (changes_.empty())
    return {};
  thread_judge judge(on_, effects_, locked_);
  return judge.run(changes_, std::move(added), replies, quotes);
}

} // namespace prism::db
