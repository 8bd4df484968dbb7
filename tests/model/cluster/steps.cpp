#include "tests/model/cluster/steps.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace prism::model {

using stage = operation::stage;

namespace {

constexpr std::array names{
    "serve",       "pass",        "begin",        "execute",     "answer",       "lose",
    "abandon",     "crash",       "vanish",       "start",       "pause",        "resume",
    "cut",         "uncut",       "clock",        "drain",       "drain_order",  "move_order",
    "batch_begin", "batch_check", "batch_commit", "batch_abort", "late_execute", "late_drop",
    "late_commit", "away",        "back"};

class collector {
public:
  explicit collector(const world& in) : in_(in) {}

  void add(happens what, std::size_t who = 0, std::int32_t arg = 0) {
    out_.push_back({what, static_cast<std::uint8_t>(who), static_cast<std::int16_t>(arg)});
  }
  void fault(happens what, std::size_t who = 0, std::int32_t arg = 0) {
    if (in_.faults_left > 0)
      add(what, who, arg);
  }
  [[nodiscard]] std::vector<step> take() { return std::move(out_); }

  void of_process(std::size_t i) {
    const auto& who = in_.processes[i];
    faults_of(i);
    if (who.control && who.control->at == stage::sent && !in_.away && !in_.waits(*who.control))
      add(happens::execute, i);
    if (who.writing)
      of_batch(i);
    if (who.paused) {
      add(happens::resume, i);
      return;
    }
    if (who.cut)
      add(happens::uncut, i);
    if (!who.control)
      add(happens::begin, i);
    else if (who.control->at == stage::done)
      add(happens::answer, i);
    for (std::size_t s = 0; s < shard_count && !who.writing; ++s)
      if (who.tokens[s] != 0)
        add(happens::batch_begin, i, static_cast<std::int32_t>(s));
  }

  void of_late() {
    for (std::size_t i = 0; i < in_.late_operations.size(); ++i) {
      if (!in_.away && !in_.waits(in_.late_operations[i]))
        add(happens::late_execute, i);
      add(happens::late_drop, i);
    }
    for (std::size_t i = 0; i < in_.late_batches.size(); ++i)
      if (!in_.away)
        add(happens::late_commit, i);
  }

private:
  void of_batch(std::size_t i) {
    const auto& what = *in_.processes[i].writing;
    if (!what.checked && in_.may_check(what) && !in_.away)
      add(happens::batch_check, i);
    if (what.checked && !in_.away)
      add(happens::batch_commit, i);
    add(happens::batch_abort, i);
  }

  void faults_of(std::size_t i) {
    const auto& who = in_.processes[i];
    fault(happens::crash, i);
    const bool leaves_something =
        (who.control && who.control->at == stage::sent && in_.late_operations.empty()) ||
        (who.writing && who.writing->checked && in_.late_batches.empty());
    if (leaves_something)
      fault(happens::vanish, i);
    for (const std::int32_t rate : {920, 1000, 1080})
      if (rate != who.rate)
        fault(happens::clock, i, in_.wrong.wild_clocks && rate < 1000 ? 700 : rate);
    if (who.paused)
      return;
    if (who.control) {
      fault(happens::lose, i);
      if (who.control->at == stage::sent && in_.late_operations.empty())
        fault(happens::abandon, i);
    }
    fault(happens::pause, i);
    if (!who.cut)
      fault(happens::cut, i);
    if (!who.stopping)
      fault(happens::drain, i);
    if (!in_.db.lives(who.id))
      return;
    if (!in_.db.find(who.id)->draining) {
      fault(happens::drain_order, i);
      for (std::size_t s = 0; s < shard_count; ++s)
        if (in_.db.locked_by[s].empty() && in_.db.placement[s].node != who.id)
          fault(happens::move_order, i, static_cast<std::int32_t>(s));
    }
  }

  const world& in_;
  std::vector<step> out_;
};

void give_up(world& in, process& who) {
  if (who.control && who.control->at == stage::sent && in.late_operations.empty())
    in.late_operations.push_back(*who.control);
}

void take_fault(world& in, step what) {
  auto& who = in.processes[what.who];
  switch (what.what) {
  case happens::lose:
    in.fail(who);
    break;
  case happens::abandon:
    give_up(in, who);
    in.fail(who);
    break;
  case happens::vanish:
    give_up(in, who);
    if (who.writing && who.writing->checked && in.late_batches.empty()) {
      in.late_batches.push_back(*who.writing);
      who.writing.reset();
    }
    [[fallthrough]];
  case happens::crash:
    if (who.writing)
      in.release(*who.writing);
    who.name.clear();
    break;
  case happens::pause:
    who.paused = true;
    break;
  case happens::cut:
    who.cut = true;
    break;
  case happens::clock:
    who.rate = what.arg;
    break;
  case happens::drain:
    who.stopping = true;
    who.machine.drain();
    break;
  case happens::drain_order:
    for (auto& each : in.db.members)
      if (each.id == who.id)
        each.draining = true;
    break;
  case happens::move_order:
    in.db.move_shard(static_cast<std::size_t>(what.arg), who.id);
    break;
  default:
    break;
  }
}

void take_late(world& in, step what) {
  const auto at = static_cast<std::ptrdiff_t>(what.who);
  if (what.what == happens::late_commit) {
    const auto done = in.late_batches[what.who];
    in.late_batches.erase(in.late_batches.begin() + at);
    in.commit(done);
    return;
  }
  auto late = in.late_operations[what.who];
  in.late_operations.erase(in.late_operations.begin() + at);
  if (what.what == happens::late_execute)
    in.execute(late);
}

void take_batch(world& in, step what) {
  auto& who = in.processes[what.who];
  switch (what.what) {
  case happens::batch_begin: {
    const auto shard = static_cast<std::size_t>(what.arg);
    who.writing = batch{.node = who.id, .shard = shard, .token = who.tokens[shard]};
    return;
  }
  case happens::batch_check:
    in.check_batch(*who.writing);
    if (who.writing->checked)
      return;
    // It reads that it is fenced.
    if (who.tokens[who.writing->shard] == who.writing->token)
      who.tokens[who.writing->shard] = 0;
    break;
  case happens::batch_commit:
    in.commit(*who.writing);
    break;
  default:
    in.release(*who.writing);
  }
  who.writing.reset();
}

[[nodiscard]] bool is_fault(happens what) {
  return (what >= happens::lose && what <= happens::vanish) || what == happens::pause ||
         what == happens::cut || (what >= happens::clock && what <= happens::move_order);
}

} // namespace

std::vector<step> possible_steps(const world& in) {
  collector out(in);
  for (const std::int32_t ticks : {1, 4, 12}) {
    out.add(happens::serve, 0, ticks);
    out.add(happens::pass, 0, ticks);
  }
  for (std::size_t i = 0; i < in.processes.size(); ++i)
    out.of_process(i);
  out.of_late();
  for (std::size_t i = 0; i < in.names.size() && in.processes.size() <= in.names.size(); ++i) {
    const auto running = std::count_if(in.processes.begin(), in.processes.end(),
                                       [&](const auto& each) { return each.name == in.names[i]; });
    if (running == 0)
      out.add(happens::start, i);
    else if (running == 1)
      out.fault(happens::start, i);
  }
  if (in.away)
    out.add(happens::back);
  else
    out.fault(happens::away);
  return out.take();
}

void take(world& in, step what) {
  switch (what.what) {
  case happens::serve:
    in.serve(what.arg);
    break;
  case happens::pass:
    in.pass(tick * what.arg);
    break;
  case happens::begin:
    in.begin(in.processes[what.who]);
    break;
  case happens::execute:
    in.execute(*in.processes[what.who].control);
    break;
  case happens::answer:
    in.answer(in.processes[what.who]);
    break;
  case happens::resume:
    in.processes[what.who].paused = false;
    break;
  case happens::uncut:
    in.processes[what.who].cut = false;
    break;
  case happens::start: {
    const auto& name = in.names[what.who];
    if (std::any_of(in.processes.begin(), in.processes.end(),
                    [&](const auto& each) { return each.name == name; }))
      --in.faults_left;
    in.start(name);
    break;
  }
  case happens::batch_begin:
  case happens::batch_check:
  case happens::batch_commit:
  case happens::batch_abort:
    take_batch(in, what);
    break;
  case happens::late_execute:
  case happens::late_drop:
  case happens::late_commit:
    take_late(in, what);
    break;
  case happens::away:
    in.away = true;
    in.went_away = in.now;
    --in.faults_left;
    break;
  case happens::back:
    in.away = false;
    in.came_back = in.now;
    break;
  default:
    take_fault(in, what);
  }
  if (is_fault(what.what))
    --in.faults_left;
  in.tidy();
  in.check();
}

std::string describe(step what) {
  return fmt::format("{}({}, {})", names[static_cast<std::size_t>(what.what)], what.who, what.arg);
}

} // namespace prism::model
