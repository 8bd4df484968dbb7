#include "actors/cluster/cluster.hpp"

#include "actors/cluster/arrangement.hpp"
#include "core/exit_code.hpp"
#include "log/log.hpp"

#include <algorithm>

namespace prism {

cluster_state::cluster_state(self_pointer self, node_ptr node, node_links_ptr links)
    : self_(self), node_(std::move(node)),
      links_(std::move(links)), times_{.ttl = node_->options.cluster_ttl},
      machine_(node_->cluster.self(), times_), ttl_check_(times_.ttl), now_(node_->cluster.read()) {
}

cluster_state::~cluster_state() {
  node_->status.clear_problem(name);
}

cluster_actor::behavior_type cluster_state::make_behavior() {
  links_->follow(*now_);
  arrange();
  schedule(now());
  return {[this](const tick&) {
            if (now() >= due_ && !ended_)
              round();
          },
          [this](const read_cluster&) {
            machine_.hurry();
            round_soon();
          },
          [this](const begin_drain&) {
            machine_.drain();
            round_soon();
          },
          [this](const stop_request&) { leave(); }, [this](const get_status&) { return status(); }};
}

void cluster_state::schedule(time_point when) {
  due_ = when;
  self_->delayed_send(self_, std::max(when - now(), steady_clock::duration::zero()), tick{});
}

// However many ask for it at once, rounds keep their distance (`node_machine::min_pause`).
void cluster_state::round_soon() {
  if (!ended_ && machine_.next_round() < due_)
    schedule(machine_.next_round());
}

db::tx_options cluster_state::tx() const {
  db::tx_options out;
  out.deadline = times_.renewal();
  out.statement_timeout = times_.renewal();
  out.lock_timeout = times_.renewal() / 2;
  out.server_start = node_->server.start;
  out.retry.max_retries = 0; // the next round comes soon enough, and knows more
  return out;
}

db::outcome<void> cluster_state::ensure_connected() {
  if (connection_ && connection_->is_open())
    return {};
  connection_.reset();
  db::connect_options options;
  options.conninfo = node_->conninfo;
  options.application_name = node_->cluster.application_name();
  options.known_server = node_->server;
  // Behind a pooler one of them may be missing at any time, and a round that fails counts as a
  // database that is away: nobody could be declared dead for a ttl.
  options.prepared_statements = false;
  options.connect_timeout = times_.renewal();
  options.default_timeout = times_.renewal();
  options.cancel_grace = times_.round();
  auto opened = db::connection::open(std::move(options));
  if (!opened)
    return tl::unexpected(std::move(opened.error()));
  connection_.emplace(std::move(*opened));
  return {};
}

void cluster_state::round() {
  const auto request = machine_.begin_round(now());
  auto done = ensure_connected();
  if (!done)
    return on_failed(done.error());
  auto table =
      db::cluster_round(*connection_, tx(), node_->service, now_->self, request, times_.ttl);
  if (!table)
    return on_failed(table.error());
  on_table(std::move(*table));
}

void cluster_state::on_table(cluster::table table) {
  if (!std::exchange(last_problem_, {}).empty())
    log::cluster().info("cluster: the table can be read again");
  node_->metrics.cluster().rounds.of("ok").Increment();
  node_->status.clear_problem(name);
  auto next = take(std::move(table));
  if (next && machine_.leads(now()))
    if (auto placed = place())
      next = take(std::move(*placed));
  if (!next)
    return;
  arrange();
  show_metrics();
  schedule(*next);
}

std::optional<time_point> cluster_state::take(cluster::table table) {
  const auto decision = machine_.on_table(table, now());
  now_ = std::make_shared<const cluster_snapshot>(
      cluster_snapshot{.self = now_->self, .table = std::move(table), .read_at = now()});
  node_->cluster.trust(machine_.trusted_until(), machine_.epoch());
  node_->cluster.show(now_);
  node_->status.epoch = now_->table.lead.epoch;
  using standing = cluster::node_decision::standing;
  if (decision.self == standing::replaced)
    end_node(true);
  if (decision.self == standing::dead)
    end_node(false);
  if (decision.self != standing::member)
    return std::nullopt;
  report(decision);
  check_ttl();
  links_->follow(*now_);
  return decision.next;
}

void cluster_state::report(const cluster::node_decision& decision) {
  if (decision.lost_lead)
    log::cluster().warn("cluster: this node does not lead any more");
  if (!decision.became_leader)
    return;
  log::cluster().info("cluster: this node leads, with epoch {}", machine_.epoch());
  node_->metrics.cluster().takeovers->Increment();
}

void cluster_state::check_ttl() {
  for (const auto& each : ttl_check_.see(now_->table))
    log::cluster().warn("cluster: node '{}' ({}) has cluster-ttl-ms {}, this one has {}: set the "
                        "same on all nodes and restart those that differ",
                        each.name, each.id, each.ttl.count(), times_.ttl.count());
}

void cluster_state::end_node(bool replaced) {
  ended_ = true;
  if (replaced)
    return node_->status.finish(
        exit_code::replaced,
        fmt::format("another prismd has joined as '{}': two nodes must not have one node-name",
                    node_->name));
  node_->status.begin_again("the cluster has declared this node dead");
}

void cluster_state::on_failed(const db::db_error& why) {
  node_->metrics.cluster().rounds.of("failed").Increment();
  if (why.sqlstate == db::server_changed) {
    ended_ = true;
    return node_->status.begin_again(why.message);
  }
  node_->status.set_problem(name, "the cluster's table cannot be read: " + why.message);
  if (std::exchange(last_problem_, why.message) != why.message)
    log::cluster().warn("cluster: the table cannot be read: {} {}; trying again", why.sqlstate,
                        why.message);
  const auto decision = machine_.on_failed(now());
  report(decision);
  node_->cluster.trust(machine_.trusted_until(), machine_.epoch());
  arrange();
  show_metrics();
  schedule(decision.next);
}

std::optional<cluster::table> cluster_state::place() {
  std::set<cluster::node_id> members;
  for (const auto& member : now_->table.members)
    if (!member.dead() && member.id != now_->self)
      members.insert(member.id);
  reach_.see(members, links_->linked(), now());
  const auto plan =
      cluster::plan_placement(now_->table, {.self = now_->self,
                                            .reachable = reach_.reachable(),
                                            .may_declare_dead = machine_.may_declare_dead(now())});
  if (!plan)
    return std::nullopt;
  // It waits for running batches. Rounds that are late for that would look like an outage.
  auto options = tx();
  options.deadline = times_.ttl / 5;
  auto placed =
      db::place_shards(*connection_, options, node_->service, now_->self, machine_.epoch(), *plan);
  if (!placed) {
    log::cluster().warn("cluster: shards cannot be placed: {} {}; trying again",
                        placed.error().sqlstate, placed.error().message);
    return std::nullopt;
  }
  for (const auto& dead : plan->dead)
    if (const auto* member = now_->find(dead))
      log::cluster().warn("cluster: node '{}' ({}) has not renewed its membership and is dead",
                          member->name, dead);
  log::cluster().info(
      "cluster: placement changed: view {}, {} shards moved, {} nodes declared dead", placed->view,
      plan->moved.size(), plan->dead.size());
  links_->announce_change(placed->view);
  return std::move(*placed);
}

void cluster_state::arrange() {
  auto wanted = arrange_node(*now_);
  if (wanted == arranged_)
    return;
  const auto supervisor = node_->actors.find(names::supervisor);
  if (!supervisor)
    return; // it starts; the next round comes
  self_->send(supervisor,
              arrange_children{std::make_shared<const std::map<std::string, std::string>>(wanted)});
  arranged_ = std::move(wanted);
}

void cluster_state::leave() {
  // Without the database it would only hold up the stop; others notice that the node is gone.
  if (!ended_ && last_problem_.empty() && ensure_connected())
    if (const auto left = db::leave_cluster(*connection_, tx(), node_->service, now_->self); !left)
      log::cluster().warn("cluster: this node cannot leave in order: {} {}; others notice within "
                          "cluster-ttl-ms",
                          left.error().sqlstate, left.error().message);
  self_->quit();
}

} // namespace prism
