#include "actors/supervisor.hpp"

#include "tests/unit/actors/bench_of_actors.hpp"

#include <catch2/catch.hpp>
#include <mutex>

using namespace prism;
using namespace prism::test;

namespace {

/// Who ended, in order.
struct diary {
  std::mutex mutex;
  std::vector<std::string> ends;
  void note(const std::string& who) {
    const std::scoped_lock lock(mutex);
    ends.push_back(who);
  }
  [[nodiscard]] std::vector<std::string> all() {
    const std::scoped_lock lock(mutex);
    return ends;
  }
};

/// Ends when asked; a tick is too much for it.
struct child_state_of_test {
  using interface = clockwork_actor;
  using self_pointer = interface::pointer;
  static constexpr const char* name = "child";

  child_state_of_test(self_pointer self, std::string who, std::shared_ptr<diary> book)
      : self_(self), who_(std::move(who)), book_(std::move(book)) {}
  interface::behavior_type make_behavior() {
    return {[](const tick&) { throw std::runtime_error("a tick too many"); },
            [this](const stop_request&) {
              book_->note(who_);
              self_->quit();
            },
            [this](const get_status&) -> actor_status {
              return {who_, {}};
            }};
  }
  self_pointer self_;
  std::string who_;
  std::shared_ptr<diary> book_;
};

[[nodiscard]] std::vector<child_factory> children(const std::shared_ptr<diary>& book) {
  std::vector<child_factory> out;
  for (const std::string who : {"first", "second", "third"})
    out.push_back({{who, restart_type::permanent}, [who, book](caf::actor_system& system) {
                     return caf::actor_cast<caf::strong_actor_ptr>(
                         spawn_state<child_state_of_test>(system, who, book));
                   }});
  return out;
}

} // namespace

TEST_CASE("a planned stop ends the children in the reverse of their order") {
  bench_of_actors bench;
  const auto book = std::make_shared<diary>();
  const auto root = bench.put<supervisor_state>("root", supervision_options{}, children(book));
  REQUIRE(eventually([&] { return bench.node->actors.find("third") != nullptr; }));
  bench.self->monitor(root);
  caf::anon_send(root, stop_request{});
  bench.self->receive([](const caf::down_msg& down) { CHECK_FALSE(down.reason); });
  CHECK(book->all() == std::vector<std::string>{"third", "second", "first"});
}

TEST_CASE("the report of a crash tells why, at which message, and how often before") {
  log_capture log;
  bench_of_actors bench;
  const auto book = std::make_shared<diary>();
  static_cast<void>(bench.put<supervisor_state>("root", supervision_options{}, children(book)));
  for (int crash = 0; crash < 2; ++crash) {
    REQUIRE(eventually([&] { return bench.node->actors.find("second") != nullptr; }));
    caf::anon_send(bench.node->actors.find_as<clockwork_actor>("second"), tick{});
    REQUIRE(eventually([&] {
      return log.count("started again " + std::to_string(crash) + " times before") == 1;
    }));
  }
  INFO(log.all());
  CHECK(log.count("error actor second failed: ") == 2);
  CHECK(log.count("a tick too many") == 2);
  CHECK(log.count("its last message was tick,") == 2);
}

TEST_CASE("chaos kills children at random, counts each, and all come back") {
  config::options options;
  options.chaos_kill_per_minute = 600;
  bench_of_actors bench(options);
  const auto book = std::make_shared<diary>();
  static_cast<void>(bench.put<supervisor_state>("root", supervision_options{.max_restarts = 10'000},
                                                children(book)));
  const auto& kills = bench.node->metrics.chaos_kills();
  REQUIRE(eventually([&] { return kills.Value() >= 8; }));
  bench.node->status.draining = true; // enough
  const auto restarts = [&] {
    double sum = 0;
    for (const auto* who : {"first", "second", "third"})
      sum += bench.node->metrics.actor(who).restarts->Value();
    return sum;
  };
  CHECK(eventually([&] { return restarts() == kills.Value(); }));
  CHECK(eventually([&] {
    return bench.node->actors.find("first") && bench.node->actors.find("second") &&
           bench.node->actors.find("third");
  }));
}
