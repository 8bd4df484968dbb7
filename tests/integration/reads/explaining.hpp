#pragma once

#include "db/pg/connection.hpp"
#include "tests/integration/reads/plan.hpp"

#include <map>

namespace prism::test {

/// A connection that runs EXPLAIN for each prepared statement before the statement: with its
/// values, and once for the generic plan, to which PostgreSQL may change after some executions.
class explaining_executor final : public db::executor {
public:
  explicit explaining_executor(db::connection& on) noexcept : on_(&on) {}

  [[nodiscard]] db::outcome<std::vector<db::result>>
  round_trip(std::span<const db::request> requests) override;
  [[nodiscard]] db::outcome<void> exec_script(const std::string& sql) override;

  /// By name of a statement: the plans of all its executions, the generic one first.
  [[nodiscard]] const std::map<std::string, std::vector<plan>>& plans() const noexcept {
    return plans_;
  }

private:
  [[nodiscard]] plan generic_plan(const db::request& of);

  db::connection* on_;
  std::map<std::string, std::vector<plan>> plans_;
};

} // namespace prism::test
