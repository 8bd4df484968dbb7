#include "db/index/gate_evaluator.hpp"

#include "db/index/gate_rules.hpp"
#include "db/index/ids.hpp"
#include "db/index/reply_roots.hpp"
#include "db/pg/row_reader.hpp"

#include <algorithm>
#include <set>
#include <tuple>

namespace prism::db {

namespace {

[[nodiscard]] outcome<result> run_one(executor& on, const std::function<void(pipeline&)>& queue) {
  pipeline pipe(on);
  queue(pipe);
  auto results = pipe.sync();
  if (!results)
    return tl::unexpected(results.error());
  return std::move(results->back());
}

[[nodiscard]] std::vector<std::int64_t> read_ids(const result& rows) {
  return read_rows<std::int64_t>(rows, [](std::int64_t& id, row_reader& row) { row >> id; });
}

/// What tells the notifications of one post apart: reason, recipient and subject.
using notification_key = std::tuple<notification_reason, std::int64_t, std::int64_t>;

} // namespace

outcome<void> gate_evaluator::run(const thread_changes& changes, std::vector<notifying_post> added,
                                  const id_set& replies, const id_set& quotes) {
  for (const auto& each : added)
    added_.insert(each.id);
  if (auto done = find_dependents(changes); !done)
    return done;
  if (auto done = evaluate(replies, quotes); !done)
    return done;
  for (auto& each : added) {
    each.may_reply = !violating_replies_.contains(each.id);
    each.may_embed = !violating_quotes_.contains(each.id);
    for (auto& row : notifications_of(each, chains_[each.id]))
      effects_.notify(std::move(row));
  }
  return renotify();
}

outcome<void> gate_evaluator::find_dependents(const thread_changes& changes) {
  pipeline pipe(on_);
  effects_.flush_users_and_lists(pipe);
  const auto first = pipe.size();
  queue_select_dependents(pipe, changes);
  const auto results = pipe.sync();
  if (!results)
    return tl::unexpected(results.error());
  for (const auto& each : read_dependents(*results, first, changes)) {
    if (!found_.insert(each.id).second)
      continue;
    affected_.insert(each.id);
    if (each.parent_id)
      affected_.insert(*each.parent_id);
    if (!added_.contains(each.id))
      dependents_.push_back(each.id);
  }
  std::ranges::sort(dependents_);
  return {};
}

outcome<void> gate_evaluator::evaluate(const id_set& replies, const id_set& quotes) {
  // A found post may be new as a row and yet have been a reply before the batch.
  const auto with_found = [this](const id_set& added) {
    auto all = found_;
    all.insert(added.begin(), added.end());
    return all;
  };
  const auto all_replies = with_found(replies);
  const auto all_quotes = with_found(quotes);
  if (all_replies.empty() && all_quotes.empty())
    return {};
  const auto reply_ids = sorted(all_replies);
  pipeline pipe(on_);
  lock_late(pipe, affected_);
  const auto reply_gates_at = pipe.size();
  queue_recompute_reply_gates(pipe, reply_ids);
  const auto quote_gates_at = pipe.size();
  queue_recompute_quote_gates(pipe, sorted(all_quotes));
  const auto reply_roots_at = pipe.size();
  queue_select_reply_versions(pipe, reply_ids);
  const auto ancestors_at = pipe.size();
  queue_select_ancestors(pipe, reply_ids);
  const auto results = pipe.sync();
  if (!results)
    return tl::unexpected(results.error());
  for (const auto& each : read_reply_gate_results((*results)[reply_gates_at])) {
    effects_.count_post(each.parent_id, {.replies = each.violates ? -1 : 1});
    if (each.violates)
      violating_replies_.insert(each.reply_id);
  }
  for (const auto id : read_ids((*results)[quote_gates_at]))
    violating_quotes_.insert(id);
  for (const auto& each : read_ancestors((*results)[ancestors_at]))
    chains_[each.post_id].push_back(each);
  return evaluate_reply_roots(read_reply_versions((*results)[reply_roots_at])).and_then([&] {
    return read_chains(all_replies);
  });
}

outcome<void> gate_evaluator::evaluate_reply_roots(std::vector<reply_version> replies) {
  reply_roots roots;
  roots.add(replies);
  auto changes = roots.evaluate();
  if (changes.empty())
    return {};
  const auto below =
      run_one(on_, [&](pipeline& pipe) { queue_select_replies_below(pipe, changes); });
  if (!below)
    return tl::unexpected(below.error());
  if (const auto ids = read_ids(*below); !ids.empty()) {
    const auto rows = run_one(on_, [&](pipeline& pipe) {
      lock_late(pipe, {ids.begin(), ids.end()});
      queue_select_reply_versions(pipe, ids);
    });
    if (!rows)
      return tl::unexpected(rows.error());
    roots.add(read_reply_versions(*rows));
    changes = roots.evaluate();
  }
  return run_one(on_, [&](pipeline& pipe) { queue_update_reply_roots(pipe, changes); })
      .map([](const auto&) {});
}

void gate_evaluator::lock_late(pipeline& out, id_set posts) {
  std::erase_if(posts, [this](auto id) { return locked_.posts.contains(id); });
  if (posts.empty())
    return;
  locked_.posts.insert(posts.begin(), posts.end());
  if (late_locks_ == nullptr)
    return queue_lock_posts(out, sorted(posts));
  late_locks_->insert(late_locks_->end(), posts.begin(), posts.end());
  queue_lock_posts_late(out, sorted(posts));
}

// A batch that changes an ancestor locks the counts of that post and those of the owner of its
// thread's root.
bool gate_evaluator::covered(const ancestor& each) const {
  return locked_.posts.contains(each.ancestor_id) || locked_.threads.contains(each.ancestor_id) ||
         (each.root_id && locked_.threads.contains(*each.root_id));
}

// An ancestor that no lock of this transaction covers (a reply can name another thread than its
// parent does) might change unseen: lock it and read the chains again.
outcome<void> gate_evaluator::read_chains(const id_set& replies) {
  for (;;) {
    id_set missing;
    for (const auto& [post, chain] : chains_)
      for (const auto& each : chain)
        if (!covered(each))
          missing.insert(each.ancestor_id);
    if (missing.empty())
      return {};
    pipeline pipe(on_);
    lock_late(pipe, std::move(missing));
    queue_select_ancestors(pipe, sorted(replies));
    const auto results = pipe.sync();
    if (!results)
      return tl::unexpected(results.error());
    chains_.clear();
    for (const auto& each : read_ancestors(results->back()))
      chains_[each.post_id].push_back(each);
  }
}

outcome<void> gate_evaluator::renotify() {
  if (dependents_.empty())
    return {};
  pipeline pipe(on_);
  const auto posts_at = pipe.size();
  queue_select_notifying_posts(pipe, dependents_);
  const auto existing_at = pipe.size();
  queue_select_existing_notifications(pipe, dependents_);
  const auto results = pipe.sync();
  if (!results)
    return tl::unexpected(results.error());
  std::unordered_map<std::int64_t, std::vector<std::int64_t>> mentions;
  std::unordered_map<std::int64_t, std::set<notification_key>> before;
  for (const auto& each : read_existing_notifications((*results)[existing_at]))
    if (each.reason == notification_reason::mention)
      mentions[each.post_id].push_back(each.recipient_id);
    else
      before[each.post_id].emplace(each.reason, each.recipient_id, each.subject_id.value_or(0));
  for (auto& post : read_notifying_posts((*results)[posts_at])) {
    post.mentions = mentions[post.id];
    auto wanted = notifications_of(post, chains_[post.id]);
    std::erase_if(wanted,
                  [](const auto& each) { return each.reason == notification_reason::mention; });
    std::set<notification_key> now;
    for (const auto& each : wanted)
      now.emplace(each.reason, *each.recipient_id, each.subject_id.value_or(0));
    if (now == before[post.id])
      continue;
    effects_.retract_all(post.author_id, post.rkey, notification_reason::quote);
    effects_.retract_all(post.author_id, post.rkey, notification_reason::reply);
    for (auto& each : wanted)
      effects_.notify(std::move(each));
  }
  return {};
}

} // namespace prism::db
