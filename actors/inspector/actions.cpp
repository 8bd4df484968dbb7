#include "actors/inspector/actions.hpp"

#include "actors/inspector/arguments.hpp"
#include "db/dead_letters/dead_letters.hpp"
#include "db/operator/overview.hpp"
#include "log/output.hpp"

#include <algorithm>

namespace prism::actions {

namespace {

constexpr std::int64_t longest_pause = std::int64_t{24} * 3'600;
constexpr std::int64_t longest_trace = 600;

[[nodiscard]] bool can_pause(const node_context& node, const std::string& part) {
  if (part == names::firehose.text() || part == names::identity.text())
    return true;
  for (std::size_t shard = 0; shard < node.options.shards; ++shard)
    if (part == names::shard(shard).text())
      return true;
  return false;
}

[[nodiscard]] view_data said(std::string_view text) {
  view_data out;
  out.data["said"] = text;
  return out;
}

[[nodiscard]] tl::unexpected<error> failed(const db::db_error& why) {
  return fail(errc::transient, "the database cannot do it: {} ({})", why.message, why.sqlstate);
}

} // namespace

expected<view_data> pause(command_call& call) {
  argument_reader given(call.arguments);
  const auto part = given.text("part");
  const auto seconds = given.number("seconds", 300, 1, longest_pause);
  const auto why = given.text("why", "");
  if (const auto& wrong = given.wrong())
    return tl::unexpected(*wrong);
  if (!can_pause(call.node, part))
    return fail(errc::invalid, "'{}' cannot be paused: firehose, identity, shard-0 to shard-{}",
                part, call.node.options.shards - 1);
  call.node.paused.add({.part = part,
                        .until = steady_clock::now() + std::chrono::seconds{seconds},
                        .who = call.who.name,
                        .why = why});
  return said(fmt::format("{} is paused for {} s; what it has in work goes on", part, seconds));
}

expected<view_data> resume(command_call& call) {
  const auto part = text_argument(call.arguments, "part");
  if (!part)
    return tl::unexpected(part.error());
  if (!call.node.paused.remove(*part))
    return fail(errc::not_found, "{} is not paused", *part);
  return said(fmt::format("{} goes on", *part));
}

expected<view_data> drain(command_call& call) {
  call.node.status.finish(exit_code::success, "drained by operator " + call.who.name);
  return said("the node commits what it has and ends with 0, or with 75 if the time runs out");
}

expected<view_data> restart(command_call& call) {
  argument_reader given(call.arguments);
  const auto name = given.text("actor");
  const auto why = given.text("why", "");
  if (const auto& wrong = given.wrong())
    return tl::unexpected(*wrong);
  for (const auto& branch : call.node.tree.read())
    if (std::ranges::any_of(branch.children, [&](const child_status& child) {
          return child.spec.name == name && child.state == child_state::running;
        })) {
      call.node.access.send(call.node.actors.find(names::supervisor),
                            restart_child{name, call.who.name, why});
      return said(fmt::format("{} is killed, and its supervisor starts it again", name));
    }
  return fail(errc::not_found, "no supervisor has a running actor '{}'", name);
}

expected<view_data> set_log_level(command_call& call) {
  argument_reader given(call.arguments);
  const auto name = given.text("component");
  const auto wanted = given.text("level");
  const auto seconds =
      given.number("seconds", 600, 1, std::chrono::seconds{log::level_table::longest}.count());
  if (const auto& wrong = given.wrong())
    return tl::unexpected(*wrong);
  const auto level = log::level_named(wanted);
  if (!level)
    return fail(errc::invalid, "there is no level '{}'", wanted);
  const auto one = log::component_named(name);
  if (!one && name != "all")
    return fail(errc::invalid, "there is no component '{}'; `prismctl log-levels` lists them",
                name);
  for (const auto each : log::all_components())
    if (!one || each == *one)
      if (const auto done =
              log::set_level(each, *level, std::chrono::seconds{seconds}, steady_clock::now());
          !done)
        return tl::unexpected(done.error());
  return said(fmt::format("{} logs from {} on for {} s", name, log::to_string(*level), seconds));
}

expected<view_data> run_job(command_call& call) {
  const auto name = text_argument(call.arguments, "job");
  if (!name)
    return tl::unexpected(name.error());
  if (!call.node.metrics.has_job(*name))
    return fail(errc::not_found, "there is no job '{}'; `prismctl jobs` lists them", *name);
  if (!call.node.access.send(call.node.actors.find(names::janitor), run_task{*name}))
    return fail(errc::transient, "the janitor is not running");
  return said(fmt::format("{} runs as soon as no other job does", *name));
}

expected<view_data> start_trace(command_call& call) {
  argument_reader given(call.arguments);
  const auto did = given.text("did", "");
  const auto seq = given.number("seq", -1, 0, INT64_MAX);
  const auto events = given.number("events", 5, 1, event_trace::max_events);
  const auto seconds = given.number("seconds", 60, 1, longest_trace);
  if (const auto& wrong = given.wrong())
    return tl::unexpected(*wrong);
  if (did.empty() == (seq < 0))
    return fail(errc::invalid, "name either a DID or the seq of an event (--seq)");
  event_trace::subject subject{did, std::nullopt};
  if (seq >= 0)
    subject = {.did = {}, .seq = seq};
  const auto id = call.node.events.start(
      std::move(subject),
      {.events = static_cast<std::size_t>(events), .time = std::chrono::seconds{seconds}},
      steady_clock::now());
  view_data out;
  out.data["trace"] = id;
  return out;
}

expected<view_data> retry_dead_letter(command_call& call) {
  argument_reader given(call.arguments);
  const auto id = given.id("id");
  if (const auto& wrong = given.wrong())
    return tl::unexpected(*wrong);
  db::tx_options options;
  options.deadline = call.node.options.transaction_timeout;
  options.statement_timeout = call.node.options.statement_timeout;
  const auto done = db::retry_dead_letter(*call.database, options, call.node.service,
                                          call.node.cluster.self(), id);
  if (!done)
    return failed(done.error());
  if (!done->applied)
    return fail(errc::fatal, "cannot apply dead letter {}: {}", id, done->why);
  return said(fmt::format("dead letter {} is applied and deleted", id));
}

expected<view_data> discard_dead_letter(command_call& call) {
  argument_reader given(call.arguments);
  const auto id = given.id("id");
  if (const auto& wrong = given.wrong())
    return tl::unexpected(*wrong);
  const auto done = db::discard_dead_letters(*call.database, {id});
  if (!done)
    return failed(done.error());
  if (done->ids.empty())
    return fail(errc::not_found, "there is no dead letter {}", id);
  return said(fmt::format("dead letter {} is deleted", id));
}

expected<view_data> refresh_identity(command_call& call) {
  const auto did = text_argument(call.arguments, "did");
  if (!did)
    return tl::unexpected(did.error());
  const auto known = db::refresh_identity(*call.database, *did);
  if (!known)
    return failed(known.error());
  if (!*known)
    return fail(errc::not_found, "{} is not known here", *did);
  call.node.access.send(call.node.actors.find(names::identity), identity_tasks_added{});
  return said(fmt::format("the identity of {} is asked for again", *did));
}

} // namespace prism::actions
