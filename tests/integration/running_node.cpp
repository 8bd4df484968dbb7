#include "tests/integration/running_node.hpp"

#include "actors/runtime/status_text.hpp"
#include "tests/integration/indexing.hpp"
#include "tests/support/receive_answer.hpp"

#include <catch2/catch.hpp>
#include <thread>

namespace prism::test {

using namespace std::chrono_literals;

config::options node_settings(const std::string& relay, const std::string& database) {
  config::options out;
  out.relay_url = relay;
  out.database_url = database;
  out.start_cursor = 0;
  out.shards = 4;
  out.metrics_listen = "";
  out.identity_lookups = false; // tests/integration/identity_node.test.cpp
  out.backoff_min = 20ms;
  out.backoff_max = 200ms;
  out.until_caught_up = 1500ms; // longer than a busy machine pauses between two frames
  return out;
}

std::unique_ptr<node> start_node(config::options options) {
  auto started = node::start(std::move(options), [] { return false; });
  if (!started)
    FAIL(started.error().message);
  return std::move(*started);
}

void finish(node& running) {
  const auto exit_request = running.context().status.wait(patience);
  REQUIRE(exit_request);
  CHECK(exit_request->code == exit_code::success);
  CHECK(running.stop());
}

std::map<std::string, std::string> status_of_shard(node& running, std::size_t number) {
  std::map<std::string, std::string> fields;
  caf::scoped_actor self(running.system());
  receive_answer(
      self->request(running.context().actors.find(names::shard(number)), patience, get_status{}),
      [&](const actor_status& status) {
        for (const auto& [field, value] : status.fields)
          fields.emplace(field, text_of(value));
      },
      [&](const caf::error& problem) { FAIL(describe(running.system(), problem)); });
  return fields;
}

std::map<std::string, std::string> rows_of(const std::string& database) {
  auto on = db::connection::open({.conninfo = database}).value();
  return fingerprints(on);
}

} // namespace prism::test
