#include "core/pool_machine.hpp"
#include "tests/unit/core/start.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace std::chrono_literals;
using machine = pool_machine;
using connection = machine::session_report::connection;
using state = machine::session_state;

namespace {

using prism::test::start;

[[nodiscard]] pool_limits limits(std::size_t sessions) {
  return {.max_sessions = sessions, .max_waiting = 3, .acquire_timeout = 30s};
}

const machine::session_report connected{.newly_connected = true};
const machine::session_report done{};
const machine::session_report broken{.state = connection::broken};
const machine::session_report unreachable{
    .state = connection::unreachable, .transient = true, .error = "refused"};

/// The actions of one kind.
template <class Action>
[[nodiscard]] std::vector<Action> all(const machine::actions& actions) {
  std::vector<Action> out;
  for (const auto& each : actions)
    if (const auto* found = std::get_if<Action>(&each))
      out.push_back(*found);
  return out;
}
template <class Action>
[[nodiscard]] Action only(const machine::actions& actions) {
  const auto found = all<Action>(actions);
  REQUIRE(found.size() == 1);
  return found.front();
}

/// A machine whose sessions 1 to `sessions` are connected and idle; their jobs were 101, 102 …
[[nodiscard]] machine with_idle(pool_limits options, std::size_t sessions) {
  machine out(options, 1);
  for (std::size_t i = 1; i <= sessions; ++i)
    REQUIRE(only<machine::run_job>(out.on_job(100 + i, start)).session == i);
  for (std::size_t i = 1; i <= sessions; ++i)
    REQUIRE(only<machine::answer_job>(out.on_result(i, connected, false, start)).job == 100 + i);
  return out;
}

} // namespace

TEST_CASE("pool: jobs get sessions in their order, and no more sessions than allowed are opened") {
  machine pool(limits(2), 1);
  CHECK(only<machine::open_session>(pool.on_job(1, start)).session == 1);
  CHECK(pool.state_of(1) == state::connecting);
  CHECK(only<machine::open_session>(pool.on_job(2, start)).session == 2);
  CHECK(pool.on_job(3, start).empty());
  CHECK(pool.on_job(4, start).empty());
  CHECK(pool.sample() == pool_sample{.active = 2, .idle = 0, .waiting = 2, .total = 2});
  const auto actions = pool.on_result(2, connected, false, start + 1s);
  const auto answered = only<machine::answer_job>(actions);
  CHECK(answered.job == 2);
  CHECK(answered.begun);
  CHECK(answered.held == 1s);
  CHECK(only<machine::run_job>(actions).job == 3);
  CHECK(only<machine::run_job>(actions).session == 2);
  CHECK(pool.state_of(2) == state::checked_out);
  const auto next = pool.on_result(2, done, false, start + 3s);
  CHECK(only<machine::answer_job>(next).waited == 1s);
  CHECK(only<machine::answer_job>(next).held == 2s);
  CHECK(only<machine::run_job>(next).job == 4);
}

TEST_CASE("pool: the session used last is used first") {
  auto pool = with_idle(limits(2), 2);
  CHECK(pool.state_of(2) == state::idle);
  CHECK(only<machine::run_job>(pool.on_job(1, start)).session == 2);
  CHECK(only<machine::run_job>(pool.on_job(2, start)).session == 1);
}

TEST_CASE("pool: a job beyond the longest queue is refused at once") {
  machine pool(limits(1), 1);
  for (machine::job_id job = 1; job <= 4; ++job)
    CHECK(all<machine::refuse_job>(pool.on_job(job, start)).empty());
  const auto refused = only<machine::refuse_job>(pool.on_job(5, start));
  CHECK(refused.job == 5);
  CHECK(refused.reason == machine::refusal::queue_full);
  CHECK(pool.sample().waiting == 3);
}

TEST_CASE("pool: a job that met a database that refuses keeps its turn") {
  machine pool(limits(1), 1);
  static_cast<void>(pool.on_job(1, start));
  static_cast<void>(pool.on_job(2, start));
  static_cast<void>(pool.on_job(3, start));
  const auto refused = pool.on_result(1, unreachable, false, start);
  CHECK(all<machine::answer_job>(refused).empty());
  CHECK(all<machine::run_job>(refused).empty());
  CHECK(only<machine::stop_session>(refused).reason == machine::stop_reason::unreachable);
  CHECK(pool.last_refusal() == "refused");
  const auto retry_at = only<machine::wake_up_at>(refused).at;
  CHECK(retry_at >= start + 50ms);
  CHECK(retry_at <= start + 100ms);
  // The session counts until it has ended, and the delay holds.
  CHECK(pool.on_wake_up(retry_at).empty());
  CHECK(pool.on_session_ended(1, false, "", start).empty());
  CHECK(pool.on_wake_up(retry_at - 1ms).empty());
  const auto again = pool.on_wake_up(retry_at);
  CHECK(only<machine::open_session>(again).session == 2);
  CHECK(only<machine::run_job>(again).job == 1);
  const auto worked = pool.on_result(2, connected, false, retry_at);
  CHECK(only<machine::answer_job>(worked).job == 1);
  CHECK(only<machine::run_job>(worked).job == 2);
  CHECK(pool.last_refusal().empty());
}

TEST_CASE("pool: after a refusal one session tries to connect, after a success all may") {
  machine pool(limits(4), 1);
  for (machine::job_id job = 1; job <= 4; ++job)
    static_cast<void>(pool.on_job(job, start));
  for (machine::session_id session = 1; session <= 4; ++session) {
    static_cast<void>(pool.on_result(session, unreachable, false, start));
    static_cast<void>(pool.on_session_ended(session, false, "", start));
  }
  const auto first = pool.on_wake_up(start + 10s);
  CHECK(only<machine::run_job>(first).job == 1);
  CHECK(pool.on_wake_up(start + 20s).empty());
  const auto session = only<machine::open_session>(first).session;
  const auto then = all<machine::run_job>(pool.on_result(session, connected, false, start + 20s));
  REQUIRE(then.size() == 3);
  CHECK(then[0].job == 2);
  CHECK(then[0].session == session);
  CHECK(then[1].job == 3);
  CHECK(then[2].job == 4);
}

TEST_CASE("pool: delays between refused connections grow up to their maximum") {
  machine pool(limits(1), 1);
  static_cast<void>(pool.on_job(1, start));
  auto now = start;
  steady_clock::duration last{};
  for (machine::session_id session = 1; session <= 9; ++session) {
    const auto actions = pool.on_result(session, unreachable, false, now);
    static_cast<void>(pool.on_session_ended(session, false, "", now));
    const auto at = only<machine::wake_up_at>(actions).at;
    last = at - now;
    REQUIRE(last <= 5s);
    now = at;
    REQUIRE(only<machine::run_job>(pool.on_wake_up(now)).job == 1);
  }
  CHECK(last >= 2500ms);
}

TEST_CASE("pool: a job does not wait for a database if waiting cannot help") {
  const auto answered = [](const machine::session_report& report, bool draining, bool stopping,
                           time_point now) {
    machine pool(limits(1), 1);
    static_cast<void>(pool.on_job(1, start));
    if (stopping)
      CHECK(pool.on_stop().empty());
    const auto found = all<machine::answer_job>(pool.on_result(1, report, draining, now));
    CHECK((found.empty() || !found[0].begun));
    return found.size() == 1;
  };
  auto wrong_password = unreachable;
  wrong_password.transient = false;
  CHECK_FALSE(answered(unreachable, false, false, start));
  CHECK(answered(wrong_password, false, false, start));
  CHECK(answered(unreachable, true, false, start));
  CHECK(answered(unreachable, false, true, start));
  CHECK_FALSE(answered(unreachable, false, false, start + 30s - 1ms));
  CHECK(answered(unreachable, false, false, start + 30s));
}

TEST_CASE("pool: a job that waits too long is refused, with the last refusal of the database") {
  machine pool(limits(1), 1);
  static_cast<void>(pool.on_job(1, start));
  static_cast<void>(pool.on_job(2, start + 1s));
  static_cast<void>(pool.on_result(1, unreachable, false, start + 2s));
  CHECK(all<machine::refuse_job>(pool.on_tick(false, start + 29s)).empty());
  const auto refused = only<machine::refuse_job>(pool.on_tick(false, start + 30s));
  CHECK(refused.job == 1);
  CHECK(refused.reason == machine::refusal::acquire_timeout);
  CHECK(refused.detail == "refused");
  // A node that stops waits no longer.
  CHECK(only<machine::refuse_job>(pool.on_tick(true, start + 30s)).job == 2);
}

TEST_CASE("pool: a node that drains still finishes jobs while the database works") {
  machine pool(limits(1), 1);
  static_cast<void>(pool.on_job(1, start));
  static_cast<void>(pool.on_job(2, start));
  CHECK(pool.on_tick(true, start + 1s).empty());
}

TEST_CASE("pool: a session that lost its connection is replaced, after its job is answered") {
  auto pool = with_idle(limits(1), 1);
  static_cast<void>(pool.on_job(1, start));
  static_cast<void>(pool.on_job(2, start));
  const auto actions = pool.on_result(1, broken, false, start);
  CHECK(only<machine::stop_session>(actions).reason == machine::stop_reason::broken);
  CHECK(only<machine::answer_job>(actions).job == 1);
  CHECK(all<machine::run_job>(actions).empty());
  CHECK(pool.state_of(1) == state::leaving);
  CHECK_FALSE(pool.reachable());
  const auto after = pool.on_session_ended(1, false, "", start);
  CHECK(only<machine::open_session>(after).session == 2);
  CHECK(only<machine::run_job>(after).job == 2);
  static_cast<void>(pool.on_result(2, connected, false, start));
  CHECK(pool.reachable());
}

TEST_CASE("pool: one broken connection does not make the database unreachable, the last one does") {
  auto pool = with_idle(limits(2), 2);
  static_cast<void>(pool.on_job(1, start));
  static_cast<void>(pool.on_result(2, broken, false, start));
  CHECK(pool.reachable());
  static_cast<void>(pool.on_job(2, start));
  static_cast<void>(pool.on_result(1, broken, false, start));
  CHECK_FALSE(pool.reachable());
}

TEST_CASE("pool: a session that is too old is replaced when its job ends, or when it is idle") {
  auto options = limits(2);
  options.session_max_age = 100s;
  auto pool = with_idle(options, 2);
  static_cast<void>(pool.on_job(1, start + 1s));
  CHECK(all<machine::stop_session>(pool.on_tick(false, start + 89s)).empty());
  const auto idle = only<machine::stop_session>(pool.on_tick(false, start + 100s));
  CHECK(idle.session == 1);
  CHECK(idle.reason == machine::stop_reason::aged);
  const auto actions = pool.on_result(2, done, false, start + 100s);
  CHECK(only<machine::stop_session>(actions).reason == machine::stop_reason::aged);
  CHECK(only<machine::answer_job>(actions).job == 1);
  CHECK(pool.sample().total == 0);
  CHECK(pool.reachable());
}

TEST_CASE("pool: the job of a session that dies is refused, and the crash is reported once") {
  auto pool = with_idle(limits(1), 1);
  static_cast<void>(pool.on_job(1, start));
  static_cast<void>(pool.on_job(2, start));
  const bool error_first = GENERATE(true, false);
  auto actions = error_first ? pool.on_session_failed(1, "oops") : machine::actions{};
  const auto ended = pool.on_session_ended(1, true, "oops", start);
  actions.insert(actions.end(), ended.begin(), ended.end());
  REQUIRE(actions.size() == 4);
  CHECK(std::get<machine::report_crash>(actions[0]).reason == "oops");
  const auto& refused = std::get<machine::refuse_job>(actions[1]);
  CHECK(refused.job == 1);
  CHECK(refused.reason == machine::refusal::session_died);
  CHECK(refused.detail == "oops");
  CHECK(std::get<machine::open_session>(actions[2]).session == 2);
  CHECK(std::get<machine::run_job>(actions[3]).job == 2);
  CHECK(pool.on_session_failed(1, "late").empty());
}

TEST_CASE("pool: an idle session that ends gets no job") {
  auto pool = with_idle(limits(1), 1);
  CHECK(all<machine::report_crash>(pool.on_session_ended(1, true, "killed", start)).size() == 1);
  CHECK(only<machine::run_job>(pool.on_job(1, start)).session == 2);
}

TEST_CASE("pool: a job that holds its session for too long is reported once, and its return") {
  auto options = limits(1);
  options.leak_threshold = 10s;
  machine pool(options, 1);
  static_cast<void>(pool.on_job(1, start));
  CHECK(pool.on_tick(false, start + 9s).empty());
  const auto leak = only<machine::report_leak>(pool.on_tick(false, start + 10s));
  CHECK(leak.job == 1);
  CHECK(leak.held == 10s);
  CHECK(pool.on_tick(false, start + 20s).empty());
  const auto actions = pool.on_result(1, connected, false, start + 25s);
  CHECK(only<machine::report_return>(actions).held == 25s);
  // The session's next job is judged by its own time.
  static_cast<void>(pool.on_job(2, start + 30s));
  CHECK(pool.on_tick(false, start + 39s).empty());
  CHECK(only<machine::report_leak>(pool.on_tick(false, start + 40s)).job == 2);
}

TEST_CASE("pool: it stops when its last job is answered") {
  machine pool(limits(1), 1);
  static_cast<void>(pool.on_job(1, start));
  static_cast<void>(pool.on_job(2, start));
  CHECK(pool.on_stop().empty());
  CHECK(all<machine::stop_pool>(pool.on_result(1, connected, false, start)).empty());
  CHECK(all<machine::stop_pool>(pool.on_result(1, done, false, start)).size() == 1);
  machine idle(limits(1), 1);
  CHECK(all<machine::stop_pool>(idle.on_stop()).size() == 1);
}
