#pragma once

#include "db/pg/executor.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace prism::db {

/// A process of the server: a session of prismd in this database, or one that holds a lock which
/// such a session waits for. What the role may not see is empty.
struct server_session {
  std::int32_t pid{0};
  std::string application;
  std::string user;
  std::string state; ///< active, idle, idle in transaction …
  std::int64_t state_ms{0};
  std::int64_t transaction_ms{0}; ///< 0: none is open
  std::string waits_for;          ///< type and name of the event; empty: nothing
  std::string blocked_by;         ///< process ids, separated by spaces
  bool blocks{false};             ///< others wait for its locks
  /// The statement, of which parameters are no part; of a session of others its first word only,
  /// since there may be secrets in the rest.
  std::string statement;
};

/// Those that block others first, then those at work, the longest first.
[[nodiscard]] outcome<std::vector<server_session>> list_server_sessions(executor& on,
                                                                        std::int64_t limit);

} // namespace prism::db
