#include "tests/unit/actors/actor_fixture.hpp"

#include "tests/support/must.hpp"
#include "tests/support/pg_fixture.hpp"

#include <mutex>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>
#include <thread>

namespace prism::test {

bool eventually(const std::function<bool()>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline)
      return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  return true;
}

struct log_capture::shared final : spdlog::sinks::base_sink<std::mutex> {
  void sink_it_(const spdlog::details::log_msg& message) override {
    const auto level = spdlog::level::to_string_view(message.level);
    lines.emplace_back(std::string{level.data(), level.size()} + " " +
                       std::string{message.payload.data(), message.payload.size()});
  }
  void flush_() override {}
  [[nodiscard]] std::vector<std::string> copy() {
    const std::scoped_lock lock(mutex_);
    return lines;
  }
  std::vector<std::string> lines;
};

log_capture::log_capture() : lines_(std::make_shared<shared>()) {
  spdlog::default_logger()->sinks().push_back(lines_);
}

log_capture::~log_capture() {
  std::erase(spdlog::default_logger()->sinks(), lines_);
}

std::size_t log_capture::count(std::string_view part) const {
  const auto lines = lines_->copy();
  return static_cast<std::size_t>(std::ranges::count_if(
      lines, [&](const std::string& each) { return each.find(part) != std::string::npos; }));
}

std::string log_capture::all() const {
  std::string out;
  for (const auto& each : lines_->copy())
    out += each + "\n";
  return out;
}

namespace {

caf::actor_system_config& quiet(caf::actor_system_config& config) {
  config.set("logger.verbosity", caf::atom("quiet"));
  return config;
}

} // namespace

actor_fixture::actor_fixture(config::options options)
    : database(pg_fixture::migrated_database()),
      node(std::make_shared<node_context>(std::move(options), metrics::registry_options{})),
      system(quiet(config)), self(system) {
  node->conninfo = database;
  node->service = "test";
  node->actors.put("tester", caf::actor_cast<caf::strong_actor_ptr>(self));
}

actor_fixture::~actor_fixture() {
  for (const auto& each : spawned_)
    caf::anon_send_exit(each, caf::exit_reason::kill);
  // Children outlive a supervisor that is killed, and would be waited for. The directory holds
  // actors that hold the node that has the directory.
  for (const auto& each : node->actors.names())
    if (const auto who = node->actors.find(each)) {
      if (each != "tester")
        caf::anon_send_exit(caf::actor_cast<caf::actor>(who), caf::exit_reason::kill);
      node->actors.erase(each, caf::actor_cast<caf::actor_addr>(who));
    }
}

db::connection actor_fixture::connect() const {
  return connect_to(database);
}

users_table_lock::users_table_lock(const actor_fixture& bench)
    : on_(bench.connect()), watcher_(bench.connect()) {
  must(on_.exec_script("BEGIN; LOCK TABLE users IN ACCESS EXCLUSIVE MODE"));
}

void users_table_lock::release() {
  must(on_.exec_script("ROLLBACK"));
}

std::vector<std::int32_t> users_table_lock::blocked_backends() {
  const auto rows =
      must(watcher_.exec("SELECT pid FROM pg_stat_activity WHERE application_name = 'prismd' "
                         "AND wait_event_type = 'Lock' AND datname = current_database()"));
  std::vector<std::int32_t> out;
  for (std::size_t i = 0; i < rows.rows(); ++i)
    out.push_back(rows.get_int4(i, 0));
  return out;
}

} // namespace prism::test
