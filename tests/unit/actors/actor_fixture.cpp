#include "tests/unit/actors/actor_fixture.hpp"

#include "tests/support/must.hpp"
#include "tests/support/pg_fixture.hpp"

#include <fmt/format.h>
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

namespace {

caf::actor_system_config& quiet(caf::actor_system_config& config) {
  set_up_caf(config);
  return config;
}

} // namespace

actor_fixture::actor_fixture(config::options options)
    : database(pg_fixture::migrated_database()),
      node(std::make_shared<node_context>(std::move(options), metrics::registry_options{})),
      system(quiet(config)), self(system) {
  node->conninfo = database;
  node->service = "test";
  lead();
  node->actors.put("tester", caf::actor_cast<caf::strong_actor_ptr>(self));
}

actor_fixture::~actor_fixture() {
  for (const auto& each : spawned_)
    caf::anon_send_exit(each, caf::exit_reason::kill);
  // The system waits for every actor, so also for children of supervisors. The directory is emptied
  // because it keeps the actors, which keep the node, which keeps the directory.
  for (const auto& name : node->actors.names())
    if (const auto actor = node->actors.find(name)) {
      if (name != "tester")
        caf::anon_send_exit(caf::actor_cast<caf::actor>(actor), caf::exit_reason::kill);
      node->actors.erase(name, caf::actor_cast<caf::actor_addr>(actor));
    }
}

// As after a join and the first rounds; without shards and cursors.
void actor_fixture::lead() {
  const std::string self = "00000000-0000-4000-8000-000000000001";
  must(connect().exec_script(fmt::format(
      "INSERT INTO cluster_members (node, service, name, address, version, protocol_min, "
      "protocol_max, started_at, expires_at) VALUES ('{0}', 'test', 'test', '', '', 1, 1, now(), "
      "now() + interval '1 hour'); INSERT INTO leases (name, holder, epoch, expires_at) VALUES "
      "('writer test', '{0}', 1, now() + interval '1 hour')",
      self)));
  node->cluster.trust(time_point::max(), 1);
  node->cluster.show(std::make_shared<const cluster_snapshot>(
      cluster_snapshot{.self = self,
                       .table = {.view = 1, .lead = {.holder = self, .epoch = 1}},
                       .read_at = steady_clock::now()}));
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
      must(watcher_.exec("SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'prismd %' "
                         "AND wait_event_type = 'Lock' AND datname = current_database()"));
  std::vector<std::int32_t> out;
  for (std::size_t i = 0; i < rows.rows(); ++i)
    out.push_back(rows.get_int4(i, 0));
  return out;
}

} // namespace prism::test
