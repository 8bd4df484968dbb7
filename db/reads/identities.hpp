#pragma once

#include "db/identity/known_identity.hpp"
#include "db/pg/executor.hpp"

#include <optional>
#include <string_view>

namespace prism::reads {

/// What is stored of a DID's document.
struct identity_reading {
  /// Empty: none is stored, or only one from before the account's newest #identity event.
  std::optional<db::known_identity> known;
  /// How old `known` is, in µs by the database's clock.
  db::micros age{0};
  /// What to look up, if that is not enough.
  db::wanted_identity wanted;
};

/// Reads what is stored of the DID's document. One row of each of users and did_documents, by their
/// keys. An unknown DID is no error.
[[nodiscard]] db::outcome<identity_reading> read_identity(db::executor& on, std::string_view did);

} // namespace prism::reads
