#pragma once

#include "db/pg/executor.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// What an operator looks up in the tables. Each list has a limit; asking for one row more than is
/// shown tells whether there are more.
namespace prism::db {

/// The cursor of one shard.
struct cursor_row {
  std::string service;
  std::int32_t shard{0};
  std::int64_t seq{0};
  std::int64_t epoch{0};
  std::int64_t moved_seconds_ago{0}; ///< by the database's clock
};
[[nodiscard]] outcome<std::vector<cursor_row>> list_cursors(executor& on, std::int64_t limit);

/// An operation that waits for a record.
struct parked_row {
  std::string creator; ///< DID
  std::int32_t collection{0};
  std::string rkey;
  std::string waits_for; ///< DID of the repo of the record
  std::int32_t referent_collection{0};
  std::string referent_rkey;
  std::int64_t parked_seconds_ago{0};
};
/// Those that wait longest. @param did those of this account, and those that wait for it; empty:
/// all
/// @param rkey only those that wait for this record of `did`; empty: all
[[nodiscard]] outcome<std::vector<parked_row>>
list_parked(executor& on, std::string_view did, std::string_view rkey, std::int64_t limit);

/// An account, newest first.
struct account_row {
  std::int64_t id{0};
  std::string did;
  std::string handle;
  std::string status; ///< empty: active
};
[[nodiscard]] outcome<std::vector<account_row>> list_users(executor& on, std::int64_t limit);

/// Sessions and OAuth states (docs/ARCHITECTURE.md says who writes them).
struct session_counts {
  std::int64_t sessions{0};
  std::int64_t expired_sessions{0};
  std::int64_t oauth_states{0};
  std::int64_t expired_oauth_states{0};
};
/// Counts 10,000 rows of each table at most.
[[nodiscard]] outcome<session_counts> count_sessions(executor& on);

/// Estimates from the statistics of the server, by table.
struct table_size {
  std::string table;
  std::int64_t rows{0};
  std::int64_t bytes{0}; ///< with its indexes
};
[[nodiscard]] outcome<std::vector<table_size>> table_sizes(executor& on);

/// Asks for the identity of an account anew, as an #identity event does.
/// @returns whether there is such an account.
[[nodiscard]] outcome<bool> refresh_identity(executor& on, std::string_view did);

} // namespace prism::db
