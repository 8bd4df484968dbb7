#pragma once

#include "db/pg/executor.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

/// What the operator suggests (tables suggested_follows, suggested_feeds, suggested_entities:
/// migrations/0022), in the order of its positions. Indexes: the tables' primary keys,
/// users_did_key. Errors are those of the database. Blocks; the executor's thread.
namespace prism::reads {

using db::executor;
using db::outcome;

/// Most suggestions of one page.
inline constexpr std::size_t max_suggestions = 1000;

/// Which suggestions: those behind a position, and how many.
struct suggestion_request {
  std::int64_t after{0};
  std::size_t limit{max_suggestions}; ///< at most one more than a page has
};

struct suggestion {
  std::int64_t position{0};
  std::string subject; ///< a DID or a uri
};

/// DIDs of accounts, without those that have no row in users.
[[nodiscard]] outcome<std::vector<suggestion>> suggested_follows(executor& on,
                                                                 suggestion_request asked);

/// Uris of feed generators, also of those that are not indexed.
[[nodiscard]] outcome<std::vector<suggestion>> suggested_feeds(executor& on,
                                                               suggestion_request asked);

struct tagged_suggestion {
  std::int64_t position{0};
  std::string tag;
  std::string subject;
  std::string subject_type; ///< "actor" or "feed"
};
[[nodiscard]] outcome<std::vector<tagged_suggestion>> suggested_entities(executor& on,
                                                                         suggestion_request asked);

} // namespace prism::reads
