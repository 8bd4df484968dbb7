#include "actors/inspector/stuck.hpp"

#include "actors/inspector/actor_json.hpp"
#include "actors/inspector/answer.hpp"
#include "actors/inspector/views.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace prism::views {

namespace {

class stuck_list {
public:
  void add(std::string_view part, steady_clock::duration time, std::size_t waiting,
           std::string what) {
    if (rows_.size() < max_rows)
      rows_.push_back({{"actor", part},
                       {"seconds", seconds_of(time)},
                       {"waiting", waiting},
                       {"what", std::move(what)}});
  }
  [[nodiscard]] boost::json::array take() && { return std::move(rows_); }

private:
  boost::json::array rows_;
};

[[nodiscard]] std::string whole_seconds(steady_clock::duration time) {
  return fmt::format("{:.0f} s", seconds_of(time));
}

/// Jobs that sessions have had for too long; the sessions themselves are not listed besides.
void add_database(stuck_list& to, const pool_work& pool, time_point now) {
  if (pool.unreachable_since && now - *pool.unreachable_since > stuck_after) {
    const auto time = now - *pool.unreachable_since;
    to.add("database", time, pool.jobs.size(),
           fmt::format("the database has not been reachable for {}{}{}", whole_seconds(time),
                       pool.last_refusal.empty() ? "" : ": ", pool.last_refusal));
    return;
  }
  std::size_t count = 0;
  const job_work* longest = nullptr;
  for (const auto& each : pool.jobs)
    if (!each.session.empty() && now - each.since > stuck_after) {
      ++count;
      if (longest == nullptr || each.since < longest->since)
        longest = &each;
    }
  if (longest == nullptr)
    return;
  to.add(
      "database", now - longest->since, count,
      fmt::format("PostgreSQL has not finished {} {} for more than {}, the longest ({} of {}, at "
                  "{}) for {}; `prismctl database` says what it waits for",
                  count, count == 1 ? "job" : "jobs", whole_seconds(stuck_after), longest->job,
                  longest->borrower, longest->session, whole_seconds(now - longest->since)));
}

void add_pool(stuck_list& to, const node_context& node, const pool_work& pool, time_point now) {
  const auto is_waiting = [](const job_work& each) { return each.session.empty(); };
  const auto first = std::ranges::find_if(pool.jobs, is_waiting); // they are in their order
  if (first == pool.jobs.end() || now - first->since <= stuck_after)
    return;
  const auto busy = std::ranges::count_if(pool.jobs, std::not_fn(is_waiting));
  to.add("pool", now - first->since, pool.waiting,
         fmt::format("{} {} for a database session, the first ({} of {}) for {}; {} of {} sessions "
                     "are in use",
                     pool.waiting, pool.waiting == 1 ? "job waits" : "jobs wait", first->job,
                     first->borrower, whole_seconds(now - first->since), busy,
                     node.options.db_pool_size));
}

void add_relay(stuck_list& to, const node_context& node, time_point now) {
  const auto relay = node.relay.read();
  if (!relay.since)
    return; // the node starts
  if (!relay.connected) {
    if (now - *relay.since > stuck_after)
      to.add("relay", now - *relay.since, 0,
             fmt::format("there has been no connection to the relay for {}: {}",
                         whole_seconds(now - *relay.since), relay.why));
    return;
  }
  // A relay without events answers each ping.
  if (relay.heard && now - *relay.heard > node.options.ping_interval + stuck_after)
    to.add(
        "relay", now - *relay.heard, 0,
        fmt::format("the relay has said nothing for {}, not even a pong; after {} the connection "
                    "is made anew",
                    whole_seconds(now - *relay.heard), whole_seconds(node.options.idle_timeout)));
}

/// Where the job of a shard is.
[[nodiscard]] std::string at_what(const pool_work& pool, const std::string& shard, time_point now) {
  const auto found = std::ranges::find(pool.jobs, shard, &job_work::borrower);
  if (found == pool.jobs.end())
    return fmt::format("it has no job at the database; `prismctl inspect {}` says its phase",
                       shard);
  if (found->session.empty())
    return fmt::format("its {} has waited for a database session for {}", found->job,
                       whole_seconds(now - found->since));
  return fmt::format("its {} has been at PostgreSQL ({}) for {}", found->job, found->session,
                     whole_seconds(now - found->since));
}

void add_shards(stuck_list& to, const node_context& node, const pool_work& pool, time_point now) {
  const auto lanes = node.lanes.read();
  const auto problems = node.status.facts().problems;
  for (std::size_t shard = 0; shard < lanes.size(); ++shard) {
    const auto& lane = lanes[shard];
    const std::string name = names::shard(shard);
    if (!lane.oldest || now - *lane.oldest <= stuck_after || node.paused.paused(name, now))
      continue;
    const auto problem = problems.find(name);
    to.add(name, now - *lane.oldest, lane.frames,
           fmt::format("{} has {} frames to commit, the oldest for {}: {}", name, lane.frames,
                       whole_seconds(now - *lane.oldest),
                       problem == problems.end() ? at_what(pool, name, now) : problem->second));
  }
}

void add_actors(stuck_list& to, const node_context& node, const pool_work& pool, time_point now) {
  for (const auto& name : node.actors.names()) {
    const auto actor = node.actors.find(name);
    const auto* activity = activity_of(actor);
    if (activity == nullptr ||
        std::ranges::find(pool.jobs, name, &job_work::session) != pool.jobs.end())
      continue;
    const auto seen = activity->read(now);
    if (seen.handling && *seen.handling > stuck_after)
      to.add(name, *seen.handling, seen.waiting,
             fmt::format("{} has been handling {} for {}, {} messages wait", name,
                         seen.last_message, whole_seconds(*seen.handling), seen.waiting));
    else if (seen.oldest > stuck_after)
      to.add(name, seen.oldest, seen.waiting,
             fmt::format("{} has not taken the first of its {} messages for {}", name, seen.waiting,
                         whole_seconds(seen.oldest)));
  }
}

} // namespace

boost::json::array stuck_parts(const node_context& node, time_point now) {
  const auto pool = node.pool.read();
  stuck_list out;
  add_database(out, pool, now);
  add_pool(out, node, pool, now);
  add_relay(out, node, now);
  add_shards(out, node, pool, now);
  add_actors(out, node, pool, now);
  return std::move(out).take();
}

} // namespace prism::views
