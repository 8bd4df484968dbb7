#include "db/index/gate_evaluator.hpp"

#include "db/index/gate_rules.hpp"

#include <algorithm>
#include <set>
#include <span>
#include <spdlog/spdlog.h>
#include <tuple>

namespace prism::db {

namespace {

// A verdict travels down a thread one level per round; threads in which it could travel further do
// not occur, and a circle of replies (made by one commit) must not hold the batch.
constexpr int max_rounds = 10'000;

[[nodiscard]] std::vector<std::int64_t> sorted(const gate_evaluator::id_set& ids) {
  std::vector<std::int64_t> out{ids.begin(), ids.end()};
  std::ranges::sort(out);
  return out;
}

[[nodiscard]] outcome<result> run_one(executor& on, const std::function<void(pipeline&)>& queue) {
  pipeline pipe(on);
  queue(pipe);
  auto results = pipe.sync();
  if (!results)
    return tl::unexpected(results.error());
  return std::move(results->back());
}

/// A notification without what follows from its post.
using mark = std::tuple<notification_reason, std::int64_t, std::int64_t>;

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
    for (auto& what : notifications_of(each, chains_[each.id]))
      effects_.notify(std::move(what));
  }
  return renotify();
}

outcome<void> gate_evaluator::find_dependents(const thread_changes& changes) {
  const auto rows = run_one(on_, [&](pipeline& pipe) {
    effects_.flush_users_and_lists(pipe);
    queue_select_dependents(pipe, changes);
  });
  if (!rows)
    return tl::unexpected(rows.error());
  for (std::size_t i = 0; i < rows->rows(); ++i) {
    const auto id = rows->get_int8(i, 0);
    found_.insert(id);
    affected_.insert(id);
    if (const auto parent = rows->opt_int8(i, 1))
      affected_.insert(*parent);
    if (!added_.contains(id))
      dependents_.push_back(id);
  }
  std::ranges::sort(dependents_);
  return {};
}

outcome<void> gate_evaluator::evaluate(const id_set& replies, const id_set& quotes) {
  // A new post that is found may have been a reply before the batch.
  const auto with_found = [this](const id_set& of) {
    auto all = found_;
    all.insert(of.begin(), of.end());
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
  queue_recompute_quote_gates(pipe, sorted(all_quotes));
  queue_recompute_reply_roots(pipe, reply_ids);
  queue_select_ancestors(pipe, reply_ids);
  const auto all = pipe.sync();
  if (!all)
    return tl::unexpected(all.error());
  const auto results = std::span{*all}.subspan(reply_gates_at);
  for (const auto& each : read_reply_gate_results(results[0])) {
    effects_.count_post(each.parent_id, {.replies = each.violates ? -1 : 1});
    if (each.violates)
      violating_replies_.insert(each.reply_id);
  }
  for (std::size_t i = 0; i < results[1].rows(); ++i)
    violating_quotes_.insert(results[1].get_int8(i, 0));
  std::vector<std::int64_t> next;
  for (std::size_t i = 0; i < results[2].rows(); ++i)
    next.push_back(results[2].get_int8(i, 0));
  for (const auto& each : read_ancestors(results[3]))
    chains_[each.post_id].push_back(each);
  return recompute_reply_roots(std::move(next)).and_then([&] { return read_chains(all_replies); });
}

outcome<void> gate_evaluator::recompute_reply_roots(std::vector<std::int64_t> ids) {
  for (int round = 0; !ids.empty(); ++round) {
    if (round == max_rounds) {
      spdlog::error("a verdict on replies did not settle in {} rounds; {} posts keep the last one",
                    max_rounds, ids.size());
      return {};
    }
    const auto rows = run_one(on_, [&](pipeline& pipe) {
      lock_late(pipe, {ids.begin(), ids.end()});
      queue_recompute_reply_roots(pipe, ids);
    });
    if (!rows)
      return tl::unexpected(rows.error());
    ids.clear();
    for (std::size_t i = 0; i < rows->rows(); ++i)
      ids.push_back(rows->get_int8(i, 0));
  }
  return {};
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

// Who changes an ancestor holds that post's row and that of the owner of its thread's root.
bool gate_evaluator::covered(const ancestor& each) const {
  return locked_.posts.contains(each.ancestor_id) || locked_.threads.contains(each.ancestor_id) ||
         (each.root_id && locked_.threads.contains(*each.root_id));
}

// An ancestor that nothing of ours is locked for, since a reply names another thread than what it
// answers, might change unseen: lock it and look again.
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
  queue_select_notifying_posts(pipe, dependents_);
  queue_select_existing_notifications(pipe, dependents_);
  const auto results = pipe.sync();
  if (!results)
    return tl::unexpected(results.error());
  std::unordered_map<std::int64_t, std::vector<std::int64_t>> mentions;
  std::unordered_map<std::int64_t, std::set<mark>> before;
  for (const auto& each : read_existing_notifications((*results)[1]))
    if (each.reason == notification_reason::mention)
      mentions[each.post_id].push_back(each.recipient_id);
    else
      before[each.post_id].emplace(each.reason, each.recipient_id, each.subject_id.value_or(0));
  for (auto& post : read_notifying_posts((*results)[0])) {
    post.mentions = mentions[post.id];
    auto wanted = notifications_of(post, chains_[post.id]);
    std::erase_if(wanted,
                  [](const auto& each) { return each.reason == notification_reason::mention; });
    std::set<mark> now;
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
