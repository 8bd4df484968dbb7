#include "actors/supervisor.hpp"

#include "actors/pool.hpp"
#include "tests/unit/actors/actor_fixture.hpp"

#include <catch2/catch.hpp>
#include <mutex>
#include <utility>

using namespace prism;
using namespace prism::test;

namespace {

/// What happened, in order: "+name" is a start, "name" an orderly end.
struct diary {
  std::mutex mutex;
  std::vector<std::string> lines;
  void note(const std::string& line) {
    const std::scoped_lock lock(mutex);
    lines.push_back(line);
  }
  [[nodiscard]] std::vector<std::string> all() {
    const std::scoped_lock lock(mutex);
    return lines;
  }
  /// What happened since the last time.
  [[nodiscard]] std::vector<std::string> take() {
    const std::scoped_lock lock(mutex);
    return std::exchange(lines, {});
  }
};

/// Ends when requested; a tick crashes it, and "clumsy" crashes when it is to end.
struct child_state_of_test {
  using interface = periodic_actor;
  using self_pointer = interface::pointer;
  static constexpr const char* name = "child";

  child_state_of_test(self_pointer self, std::string name, std::shared_ptr<diary> book)
      : self_(self), name_(std::move(name)), book_(std::move(book)) {}
  interface::behavior_type make_behavior() {
    return {[](const tick&) { throw std::runtime_error("a tick too many"); },
            [this](const stop_request&) {
              book_->note(name_);
              if (name_ == "clumsy")
                throw std::runtime_error("could not end");
              self_->quit();
            },
            [this](const get_status&) -> actor_status {
              return {name_, {}};
            }};
  }
  self_pointer self_;
  std::string name_;
  std::shared_ptr<diary> book_;
};

[[nodiscard]] std::vector<child_factory> children(const std::shared_ptr<diary>& book,
                                                  const std::vector<std::string>& child_names = {
                                                      "first", "second", "third"}) {
  std::vector<child_factory> out;
  for (const auto& each : child_names)
    out.push_back({{each, restart_type::permanent}, [each, book](caf::actor_system& system) {
                     book->note("+" + each);
                     return caf::actor_cast<caf::strong_actor_ptr>(
                         spawn_state<child_state_of_test>(system, each, book));
                   }});
  return out;
}

using lines = std::vector<std::string>;

/// The current actor of a name, once there is one.
[[nodiscard]] caf::actor living(actor_fixture& bench, const std::string& name) {
  REQUIRE(eventually([&] { return bench.node->actors.find(name) != nullptr; }));
  return caf::actor_cast<caf::actor>(bench.node->actors.find(name));
}

void crash(actor_fixture& bench, const std::string& name) {
  caf::anon_send(caf::actor_cast<periodic_actor>(living(bench, name)), tick{});
}

/// Waits until just this has happened since the last time.
void expect(diary& book, const lines& wanted) {
  static_cast<void>(eventually([&] { return book.all().size() >= wanted.size(); }));
  CHECK(book.take() == wanted);
}

/// The same for starts on several levels, which do not wait for each other.
void expect_starts(diary& book, const lines& wanted) {
  static_cast<void>(eventually([&] { return book.all().size() >= wanted.size(); }));
  CHECK_THAT(book.take(), Catch::UnorderedEquals(wanted));
}

void wait_for_end(actor_fixture& bench, const caf::actor& actor, bool well) {
  bench.self->monitor(actor);
  bench.self->receive([&](const caf::down_msg& down) { CHECK(!down.reason == well); },
                      caf::after(patience) >> [] { FAIL("it does not end"); });
}

/// A root over "before", a subtree of "one" and "two" that gives up at its first failure, and
/// "after".
[[nodiscard]] std::vector<child_factory> tree(const actor_fixture& bench,
                                              const std::shared_ptr<diary>& book) {
  auto out = children(book, {"before", "after"});
  supervision_options impatient;
  impatient.max_restarts = 0;
  out.insert(out.begin() + 1,
             nested_supervisor({"subtree"}, bench.node, impatient, children(book, {"one", "two"})));
  return out;
}

} // namespace

TEST_CASE("a planned stop ends the children in the reverse of their order") {
  actor_fixture bench;
  const auto book = std::make_shared<diary>();
  const auto root = bench.put<supervisor_state>("root", supervision_options{}, children(book));
  REQUIRE(eventually([&] { return bench.node->actors.find("third") != nullptr; }));
  bench.self->monitor(root);
  caf::anon_send(root, stop_request{});
  bench.self->receive([](const caf::down_msg& down) { CHECK_FALSE(down.reason); });
  CHECK(book->all() == lines{"+first", "+second", "+third", "third", "second", "first"});
}

TEST_CASE(
    "one_for_all: when one fails all others are stopped, last first, and all start in order") {
  actor_fixture bench;
  const auto book = std::make_shared<diary>();
  supervision_options options;
  options.strategy = restart_strategy::one_for_all;
  static_cast<void>(bench.put<supervisor_state>("root", options, children(book)));
  expect(*book, {"+first", "+second", "+third"});
  crash(bench, "second");
  expect(*book, {"third", "first", "+first", "+second", "+third"});
  crash(bench, "third");
  expect(*book, {"second", "first", "+first", "+second", "+third"});
}

TEST_CASE("rest_for_one: the children started after the one that failed are restarted with it") {
  actor_fixture bench;
  const auto book = std::make_shared<diary>();
  supervision_options options;
  options.strategy = restart_strategy::rest_for_one;
  static_cast<void>(bench.put<supervisor_state>("root", options, children(book)));
  expect(*book, {"+first", "+second", "+third"});
  const auto untouched = living(bench, "first");
  crash(bench, "second");
  expect(*book, {"third", "+second", "+third"});
  crash(bench, "third");
  expect(*book, {"+third"});
  CHECK(living(bench, "first") == untouched);
  crash(bench, "first");
  expect(*book, {"third", "second", "+first", "+second", "+third"});
}

TEST_CASE("one_for_one: only the child that failed is restarted") {
  actor_fixture bench;
  const auto book = std::make_shared<diary>();
  static_cast<void>(bench.put<supervisor_state>("root", supervision_options{}, children(book)));
  expect(*book, {"+first", "+second", "+third"});
  crash(bench, "second");
  expect(*book, {"+second"});
}

TEST_CASE(
    "a root that has to restart too often stops the others, last first, and ends the node with "
    "code 70") {
  log_capture log;
  actor_fixture bench;
  const auto book = std::make_shared<diary>();
  supervision_options options;
  options.max_restarts = 1;
  const auto root = bench.put<supervisor_state>("root", options, children(book));
  expect(*book, {"+first", "+second", "+third"});
  crash(bench, "second");
  expect(*book, {"+second"});
  CHECK_FALSE(bench.node->status.wait(std::chrono::milliseconds{0}));
  crash(bench, "second");
  wait_for_end(bench, caf::actor_cast<caf::actor>(root), false);
  expect(*book, {"third", "first"});
  const auto exit_request = bench.node->status.wait(patience);
  REQUIRE(exit_request);
  CHECK(exit_request->code == exit_code::gave_up);
  CHECK_THAT(exit_request->reason, Catch::Contains("a tick too many"));
  CHECK(log.count("error supervisor gives up: child 'second' needs more than 1 restarts") == 1);
}

TEST_CASE("a supervisor below another fails when it gives up, and comes back as a child does") {
  actor_fixture bench;
  const auto book = std::make_shared<diary>();
  supervision_options options;
  options.max_restarts = 1;
  const auto root = bench.put<supervisor_state>("root", options, tree(bench, book));
  expect_starts(*book, {"+before", "+after", "+one", "+two"});
  crash(bench, "one");
  expect(*book, {"two", "+one", "+two"});
  CHECK_FALSE(bench.node->status.wait(std::chrono::milliseconds{0}));
  CHECK(bench.node->metrics.actor("subtree").restarts->Value() == 1);
  CHECK_THAT(bench.field(root, "subtree"), Catch::Contains(R"("state":"running","restarts":1)") &&
                                               Catch::Contains("gave up: child 'one'"));
  // The next failure is one too many for the root.
  crash(bench, "two");
  wait_for_end(bench, caf::actor_cast<caf::actor>(root), false);
  expect(*book, {"one", "after", "before"});
  const auto exit_request = bench.node->status.wait(patience);
  REQUIRE(exit_request);
  CHECK(exit_request->code == exit_code::gave_up);
}

TEST_CASE("a planned stop of a tree goes through all levels, last first") {
  actor_fixture bench;
  const auto book = std::make_shared<diary>();
  const auto root = bench.put<supervisor_state>("root", supervision_options{}, tree(bench, book));
  expect_starts(*book, {"+before", "+after", "+one", "+two"});
  caf::anon_send(root, stop_request{});
  wait_for_end(bench, caf::actor_cast<caf::actor>(root), true);
  expect(*book, {"after", "two", "one", "before"});
  CHECK_FALSE(bench.node->status.wait(std::chrono::milliseconds{0}));
}

TEST_CASE("a supervisor that is killed kills its children") {
  actor_fixture bench;
  const auto book = std::make_shared<diary>();
  static_cast<void>(bench.put<supervisor_state>("root", supervision_options{}, tree(bench, book)));
  expect_starts(*book, {"+before", "+after", "+one", "+two"});
  const auto orphan = living(bench, "one");
  caf::anon_send_exit(living(bench, "subtree"), caf::exit_reason::kill);
  wait_for_end(bench, orphan, false);
  expect(*book, {"+one", "+two"});
}

TEST_CASE("restarts are counted from 0 on, and a failure during a planned stop is not one") {
  actor_fixture bench;
  const auto book = std::make_shared<diary>();
  const auto root =
      bench.put<supervisor_state>("root", supervision_options{}, children(book, {"a", "clumsy"}));
  expect(*book, {"+a", "+clumsy"});
  const auto says = [&](const std::string& line) {
    return bench.node->metrics.serialize().find("prism_actor_restarts_total{actor=" + line +
                                                "\n") != std::string::npos;
  };
  CHECK(says("\"a\"} 0"));
  CHECK(says("\"clumsy\"} 0"));
  caf::anon_send(root, stop_request{});
  wait_for_end(bench, caf::actor_cast<caf::actor>(root), true);
  expect(*book, {"clumsy", "a"});
  CHECK(says("\"clumsy\"} 0"));
}

TEST_CASE("the report of a crash has its reason, the last message and the number of restarts") {
  log_capture log;
  actor_fixture bench;
  const auto book = std::make_shared<diary>();
  static_cast<void>(bench.put<supervisor_state>("root", supervision_options{}, children(book)));
  for (int crash = 0; crash < 2; ++crash) {
    REQUIRE(eventually([&] { return bench.node->actors.find("second") != nullptr; }));
    caf::anon_send(caf::actor_cast<periodic_actor>(bench.node->actors.find("second")), tick{});
    REQUIRE(eventually(
        [&] { return log.count(", " + std::to_string(crash) + " restarts before") == 1; }));
    // Only now the name is the next one's.
    REQUIRE(eventually(
        [&] { return bench.node->metrics.actor("second").restarts->Value() == crash + 1; }));
  }
  INFO(log.all());
  CHECK(log.count("error actor second failed: ") == 2);
  CHECK(log.count("a tick too many") == 2);
  CHECK(log.count("its last message was tick,") == 2);
}

TEST_CASE("chaos kills children at random, counts each, and all come back") {
  config::options options;
  options.chaos_kill_per_minute = 200;
  actor_fixture bench(options);
  const auto book = std::make_shared<diary>();
  static_cast<void>(bench.put<supervisor_state>("root", supervision_options{.max_restarts = 10'000},
                                                children(book)));
  const auto& kills = bench.node->metrics.chaos_kills();
  REQUIRE(eventually([&] { return kills.Value() >= 8; }));
  bench.node->status.draining = true; // enough
  const auto restarts = [&] {
    double sum = 0;
    for (const auto* name : {"first", "second", "third"})
      sum += bench.node->metrics.actor(name).restarts->Value();
    return sum;
  };
  CHECK(eventually([&] { return restarts() == kills.Value(); }));
  CHECK(eventually([&] {
    return bench.node->actors.find("first") && bench.node->actors.find("second") &&
           bench.node->actors.find("third");
  }));
}

TEST_CASE("chaos kills database sessions as well, and their pool replaces them") {
  log_capture log;
  config::options options;
  options.chaos_kill_per_minute = 600;
  actor_fixture bench(options);
  const auto make = [node = bench.node](caf::actor_system& system) {
    return caf::actor_cast<caf::strong_actor_ptr>(spawn_state<pool_state>(system, node));
  };
  static_cast<void>(bench.put<supervisor_state>("root", supervision_options{.max_restarts = 10'000},
                                                std::vector<child_factory>{{{names::pool}, make}}));
  const auto& replaced = bench.node->metrics.database().replaced.of("crashed");
  CHECK(eventually([&] {
    // There are sessions only where there is work; whether it succeeds is not the question.
    if (const auto pool = bench.node->actors.find(names::pool))
      static_cast<void>(bench.outcome_of(bench.send(pool, db::intern_job{{"did:plc:a"}})));
    return replaced.Value() > 0;
  }));
  CHECK(log.count("chaos: killing actor db_session-") > 0);
  bench.node->status.draining = true;
}
