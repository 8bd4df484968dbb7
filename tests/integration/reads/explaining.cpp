#include "tests/integration/reads/explaining.hpp"

#include "tests/support/must.hpp"

#include <fmt/format.h>

namespace prism::test {

db::outcome<std::vector<db::result>>
explaining_executor::round_trip(std::span<const db::request> requests) {
  for (const auto& each : requests) {
    if (each.prepared == nullptr)
      continue;
    auto& plans = plans_[each.prepared->name];
    if (plans.empty())
      plans.push_back(generic_plan(each));
    const auto rows =
        must(on_->exec(fmt::format("EXPLAIN (FORMAT JSON) {}", each.prepared->sql), *each.values));
    plans.push_back(read_plan(std::string{rows.get_text(0, 0)}));
  }
  return on_->round_trip(requests);
}

db::outcome<void> explaining_executor::exec_script(const std::string& sql) {
  return on_->exec_script(sql);
}

plan explaining_executor::generic_plan(const db::request& of) {
  const std::string name = of.prepared->name;
  must(on_->exec_script(fmt::format("PREPARE generic_{} AS {}", name, of.prepared->sql)));
  must(on_->exec_script("SET plan_cache_mode = force_generic_plan"));
  // The values do not matter for a generic plan.
  std::string values;
  for (std::size_t i = 0; i < of.values->size(); ++i)
    values += i == 0 ? "NULL" : ", NULL";
  const auto rows =
      must(on_->exec(fmt::format("EXPLAIN (FORMAT JSON) EXECUTE generic_{}({})", name, values)));
  must(on_->exec_script(fmt::format("RESET plan_cache_mode; DEALLOCATE generic_{}", name)));
  return read_plan(std::string{rows.get_text(0, 0)});
}

} // namespace prism::test
