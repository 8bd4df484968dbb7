#include "tests/model/cluster/world.hpp"

#include <algorithm>

namespace prism::model {

using kind = operation::kind;
using stage = operation::stage;
using standing = cluster::node_decision::standing;

namespace {

template <class List, class Predicate>
void drop(List& from, Predicate which) {
  from.erase(std::remove_if(from.begin(), from.end(), which), from.end());
}

[[nodiscard]] bool contains(const std::vector<cluster::node_id>& list, const cluster::node_id& id) {
  return std::find(list.begin(), list.end(), id) != list.end();
}

} // namespace

cluster::node_id world::new_id() const {
  for (char c = 'a';; ++c) {
    const cluster::node_id id(1, c);
    const auto is = [&](const auto& each) { return each.id == id; };
    const auto of = [&](const auto& each) { return each.node == id; };
    if (db.holder != id && std::none_of(db.members.begin(), db.members.end(), is) &&
        std::none_of(processes.begin(), processes.end(), is) &&
        std::none_of(db.placement.begin(), db.placement.end(), of) &&
        std::none_of(late_operations.begin(), late_operations.end(), of) &&
        std::none_of(late_batches.begin(), late_batches.end(), of) &&
        std::none_of(last_writer.begin(), last_writer.end(),
                     [&](const auto& each) { return each == id; }))
      return id;
  }
}

void world::start(const std::string& name) {
  const auto id = new_id();
  processes.push_back({.name = name,
                       .id = id,
                       .machine = cluster::node_machine(id, times),
                       .local = milliseconds{1'000'000}});
}

void world::pass(milliseconds time) {
  now += time;
  for (auto& each : processes)
    each.local += time * each.rate / 1000;
}

void world::begin(process& who) {
  operation what;
  what.node = who.id;
  what.name = who.name;
  if (who.joined)
    what.request = who.machine.begin_round(who.clock());
  else
    what.what = kind::join;
  who.control = std::move(what);
}

bool world::waits(const operation& what) const {
  if (what.what != kind::place)
    return false;
  auto copy = db;
  std::vector<cluster::node_id> ended;
  return copy.place(now, what.node, what.epoch, *what.plan, wrong, ended) ==
         database::placed::waits;
}

// Only what the leader read when it could not know better may be out of date: a member that has
// renewed since is not declared dead, nor one that had no ttl to renew since the database was away.
void world::check_deaths(const operation& what) {
  for (const auto& node : what.plan->dead) {
    const auto* row = db.find(node);
    if (row == nullptr || !row->dead_reason.empty())
      continue;
    wrong_if(row->expires_at > now, "a member is declared dead within a ttl of its renewal");
    const bool long_away = came_back - went_away > times.renewal();
    wrong_if(long_away && what.planned_at >= came_back && what.planned_at - came_back < times.ttl,
             "a member is declared dead within a ttl after the database was away");
  }
}

void world::execute(operation& what) {
  const auto view = db.view;
  const auto epoch = db.epoch;
  what.at = stage::done;
  switch (what.what) {
  case kind::join:
    end_sessions(db.join(now, what.node, what.name));
    break;
  case kind::round:
    db.round(now, what.node, what.request, wrong);
    break;
  case kind::place: {
    auto before = *this;
    std::vector<cluster::node_id> ended;
    if (db.place(now, what.node, what.epoch, *what.plan, wrong, ended) != database::placed::done)
      return;
    wrong_if(before.db.holder != what.node || before.db.epoch != what.epoch,
             "shards are moved by a node that does not hold the lease");
    before.check_deaths(what);
    wrong_if(!before.violation.empty(), before.violation.c_str());
    end_sessions(ended);
  }
  }
  what.answer = std::make_shared<const cluster::table>(db.read(now));
  wrong_if(db.view < view || db.epoch < epoch, "the view or the epoch fell");
  wrong_if(what.what == kind::place && db.view == view, "a placement has no view of its own");
}

void world::end_sessions(const std::vector<cluster::node_id>& nodes) {
  if (wrong.sessions_go_on)
    return;
  for (auto& each : processes) {
    if (!contains(nodes, each.id))
      continue;
    if (each.control && each.control->at == stage::sent)
      each.control->at = stage::broken;
    if (each.writing) {
      release(*each.writing);
      each.writing.reset();
    }
  }
  drop(late_operations, [&](const auto& each) { return contains(nodes, each.node); });
  drop(late_batches, [&](const auto& each) {
    if (!contains(nodes, each.node))
      return false;
    release(each);
    return true;
  });
}

void world::fail(process& who) {
  const auto what = who.control->what;
  who.control.reset();
  // A placement that fails says nothing about rounds.
  if (what == kind::round)
    (void)who.machine.on_failed(who.clock());
}

void world::begin_again(process& who) {
  if (who.writing)
    release(*who.writing);
  who.writing.reset();
  who.tokens = {};
  who.joined = false;
  who.id = new_id();
  who.machine = cluster::node_machine(who.id, times);
  if (who.stopping)
    who.machine.drain();
}

void world::answer(process& who) {
  const auto what = std::move(*who.control);
  who.control.reset();
  if (!what.answer) {
    who.machine.hurry();
    return;
  }
  if (what.what == kind::join) {
    const auto& members = what.answer->members;
    const auto own = std::find_if(members.begin(), members.end(),
                                  [&](const auto& each) { return each.id == who.id; });
    if (own == members.end() || own->dead())
      begin_again(who);
    else
      who.joined = true;
    return;
  }
  if (what.what == kind::round && wrong.trust_from_answer)
    (void)who.machine.begin_round(who.clock());
  read_table(who, *what.answer, what.what == kind::round);
}

void world::read_table(process& who, const cluster::table& read, bool may_plan) {
  const auto then = who.machine.on_table(read, who.clock());
  if (then.self != standing::member) {
    const bool replaced = then.self == standing::replaced;
    begin_again(who);
    if (replaced) // It ends: nobody finds it any more.
      who.name.clear();
    return;
  }
  for (std::size_t i = 0; i < shard_count; ++i)
    who.tokens[i] = read.placement[i].node == who.id ? read.placement[i].token : 0;
  if (!may_plan || !leads(who))
    return;
  cluster::leader_knowledge known{.self = who.id};
  known.may_declare_dead = wrong.declare_at_once || who.machine.may_declare_dead(who.clock());
  for (const auto& each : read.members) {
    const auto other = std::find_if(processes.begin(), processes.end(),
                                    [&](const auto& p) { return p.id == each.id; });
    if (!who.cut && (other == processes.end() || !other->cut))
      known.reachable.insert(each.id);
  }
  auto plan = cluster::plan_placement(read, known);
  if (!plan)
    return;
  operation what;
  what.what = kind::place;
  what.node = who.id;
  what.plan = std::make_shared<const cluster::placement_plan>(std::move(*plan));
  what.epoch = who.machine.epoch();
  what.planned_at = now;
  who.control = std::move(what);
}

bool world::leads(const process& who) const {
  return who.joined && (wrong.never_gives_up_lead ? who.machine.inside().reported
                                                  : who.machine.leads(who.clock()));
}

bool world::may_check(const batch& what) const {
  return db.locked_by[what.shard].empty();
}

void world::check_batch(batch& what) {
  what.checked = db.cursor_epoch[what.shard] == what.token || wrong.batch_without_token;
  if (what.checked && !wrong.batch_without_lock)
    db.locked_by[what.shard] = what.node;
}

void world::release(const batch& what) {
  if (what.checked && db.locked_by[what.shard] == what.node)
    db.locked_by[what.shard].clear();
}

void world::commit(const batch& what) {
  const auto i = what.shard;
  ++accepted;
  wrong_if(db.cursor_epoch[i] != what.token, "a write is accepted whose token is not the shard's");
  wrong_if(db.placement[i].node != what.node, "a write is accepted from a node without the shard");
  wrong_if(what.token < last_token[i], "a write is accepted after one with a newer token");
  wrong_if(what.token == last_token[i] && what.node != last_writer[i],
           "two nodes write a shard with one token");
  last_token[i] = what.token;
  last_writer[i] = what.node;
  release(what);
}

void world::write_all(process& who) {
  for (std::size_t i = 0; i < shard_count; ++i) {
    batch what{.node = who.id, .shard = i, .token = who.tokens[i]};
    if (what.token == 0 || !may_check(what))
      continue;
    check_batch(what);
    if (what.checked)
      commit(what);
  }
}

void world::serve(int ticks) {
  for (int i = 0; i < ticks; ++i) {
    pass(tick);
    for (std::size_t k = 0; k < processes.size(); ++k)
      if (!processes[k].paused)
        serve(k);
    tidy();
  }
}

void world::serve(std::size_t index) {
  auto& who = processes[index];
  if (who.writing && !away) {
    if (who.writing->checked)
      commit(*who.writing);
    who.writing.reset();
  }
  // To join, to read, to place, and to read again.
  for (int i = 0; i < 4 && !who.name.empty(); ++i) {
    if (!who.control) {
      if (who.joined && who.clock() < who.machine.next_round())
        break;
      begin(who);
    }
    if (who.control->at == stage::sent && !away && !waits(*who.control))
      execute(*who.control);
    if (who.control->at == stage::done)
      answer(who);
    else
      fail(who);
    check();
  }
  if (away || who.name.empty())
    return;
  write_all(who);
  if (who.stopping && who.joined && !who.control && !who.machine.inside().holds &&
      who.tokens == decltype(who.tokens){}) {
    db.leave(now, who.id);
    who.name.clear();
  }
}

void world::tidy() {
  drop(processes, [](const auto& each) { return each.name.empty(); });
  drop(db.members, [&](const auto& each) {
    const auto of = [&](const auto& other) { return other.node == each.id; };
    return !each.dead_reason.empty() &&
           std::none_of(processes.begin(), processes.end(),
                        [&](const auto& other) { return other.id == each.id; }) &&
           std::none_of(late_operations.begin(), late_operations.end(), of) &&
           std::none_of(late_batches.begin(), late_batches.end(), of);
  });
}

void world::check() {
  // Who was replaced or has left may not know it yet.
  const auto trusts = [&](const process& each) {
    const auto* row = db.find(each.id);
    return leads(each) && row != nullptr && row->dead_reason != "replaced" &&
           row->dead_reason != "left";
  };
  wrong_if(std::count_if(processes.begin(), processes.end(), trusts) > 1,
           "two nodes trust the lease");
  for (std::size_t i = 0; i < db.placement.size(); ++i) {
    const auto& row = db.placement[i];
    wrong_if(row.token != db.cursor_epoch[i], "a shard's token is not its cursor's");
    for (const auto& each : processes)
      wrong_if(each.tokens[i] != 0 && each.tokens[i] == db.cursor_epoch[i] && row.node != each.id,
               "a node without the shard could write it");
  }
  for (const auto& each : db.members)
    for (const auto& other : db.members)
      wrong_if(&each < &other && each.dead_reason.empty() && other.dead_reason.empty() &&
                   each.name == other.name,
               "two live members have one name");
}

world make_world(std::size_t nodes, scene from, const mutant& wrong, std::int32_t faults) {
  world out;
  out.wrong = wrong;
  out.faults_left = faults;
  for (std::size_t i = 0; i < nodes; ++i) {
    out.names.push_back(std::string(1, static_cast<char>('A' + i)));
    out.start(out.names.back());
  }
  if (from == scene::start)
    return out;
  out.serve(25);
  if (from == scene::settled)
    return out;
  if (from == scene::replaced) {
    out.start(out.names[1]);
    auto& young = out.processes.back();
    out.begin(young);
    out.execute(*young.control);
    out.answer(young);
    return out;
  }
  out.processes[1].paused = true;
  const auto& row = out.db.members[1];
  while (out.now + tick < row.expires_at)
    out.serve(1);
  out.pass(tick);
  auto& leader = out.processes[0];
  out.begin(leader);
  out.execute(*leader.control);
  out.answer(leader);
  out.wrong_if(!leader.control || leader.control->what != kind::place, "no plan was made");
  return out;
}

} // namespace prism::model
