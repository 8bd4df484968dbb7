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

tl::unexpected<db_error> rejected(std::string message) {
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

migration_checksum checksum(const migration& source) noexcept {
  return atproto::sha256(std::as_bytes(std::span(source.sql.data(), source.sql.size())));
}

outcome<std::span<const migration>> pending_migrations(std::span<const migration> known,
                                                       std::span<const applied_migration> applied) {
  int expected = 1;
  for (const auto& each : known) {
    if (each.version != expected)
      return rejected(
          fmt::format("migration {:04} is missing from the program: {:04} is followed by {}",
                      expected, expected - 1, each.label()));
    ++expected;
  }
  for (std::size_t i = 0; i < applied.size(); ++i) {
    const auto& done = applied[i];
    const auto label = label_of(done.version, done.name);
    if (done.version < 1 || static_cast<std::size_t>(done.version) > known.size())
      return rejected(
          fmt::format("the database has migration {}, but the last one of this program is "
                      "{:04}: run a newer program",
                      label, known.size()));
    if (static_cast<std::size_t>(done.version) != i + 1)
      return rejected(fmt::format("migration {} is applied in the database, but {} is not", label,
                                  known[i].label()));
    const auto& own = known[i];
    if (done.name != own.name)
      return rejected(fmt::format("migration {} of the database is named {} in this program", label,
                                  own.label()));
    if (done.checksum != checksum(own))
      return rejected(
          fmt::format("migration {} was changed after it was applied: restore the old text "
                      "and add a new migration",
                      label));
  }
  return known.subspan(applied.size());
}

} // namespace prism::db
