#include "db/schema/migration.hpp"

#include "atproto/crypto/sha256.hpp"

#include <algorithm>
#include <span>

namespace prism::db {
namespace {

constexpr std::string_view no_transaction_mark = "-- prism: no-transaction";

std::string label_of(int version, std::string_view name) {
  return fmt::format("{:04}_{}", version, name);
}

tl::unexpected<db_error> refuse(std::string message) {
  return db_fail(sqlstate::object_state, std::move(message), "migrate");
}

} // namespace

bool migration::in_transaction() const noexcept {
  const auto first_line = sql.substr(0, sql.find('\n'));
  return first_line.substr(0, first_line.find_last_not_of(" \r") + 1) != no_transaction_mark;
}

std::string migration::label() const {
  return label_of(version, name);
}

migration_checksum checksum(const migration& step) noexcept {
  return atproto::sha256(std::as_bytes(std::span(step.sql.data(), step.sql.size())));
}

outcome<std::span<const migration>> pending_migrations(std::span<const migration> known,
                                                       std::span<const applied_migration> applied) {
  int expected = 1;
  for (const auto& step : known) {
    if (step.version != expected)
      return refuse(fmt::format("migration {:04} is missing from the program: after {:04} comes {}",
                                expected, expected - 1, step.label()));
    ++expected;
  }
  for (std::size_t i = 0; i < applied.size(); ++i) {
    const auto& done = applied[i];
    const auto label = label_of(done.version, done.name);
    if (done.version < 1 || static_cast<std::size_t>(done.version) > known.size())
      return refuse(fmt::format("the database has migration {}, which this program does not know "
                                "(its last is {:04}): use a newer program",
                                label, known.size()));
    if (static_cast<std::size_t>(done.version) != i + 1)
      return refuse(fmt::format("migration {} is applied in the database, but {} is not", label,
                                known[i].label()));
    const auto& step = known[i];
    if (done.name != step.name)
      return refuse(fmt::format("migration {} of the database is called {} in this program", label,
                                step.label()));
    if (done.checksum != checksum(step))
      return refuse(fmt::format("migration {} was changed after it had been applied: put the old "
                                "text back and make a new migration",
                                label));
  }
  return known.subspan(applied.size());
}

} // namespace prism::db
