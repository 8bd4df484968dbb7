#pragma once

#include "db/pg/connection.hpp"
#include "tests/integration/firehose_builder.hpp"

#include <string>
#include <vector>

/// Rows as short texts that tests compare.
namespace prism::test {

/// The one value of a SELECT as text; "" for null or no row.
[[nodiscard]] std::string value(db::connection& on, const std::string& select);

/// Waits until `count` sessions of this database wait for a lock.
void wait_for_blocked_sessions(db::connection& on, std::size_t count);

/// A post's counts: "likes reposts replies quotes". No row means zeros.
[[nodiscard]] std::string counts(db::connection& on, const record_ref& post);

/// A user's counts: "followers follows posts". No row means zeros.
[[nodiscard]] std::string user_counts(db::connection& on, std::string_view who);

/// All notifications, sorted: "bob like alice/l1 of bob/p1", the last two words if it has a
/// subject.
[[nodiscard]] std::vector<std::string> notifications(db::connection& on);

/// The notifications after these events were indexed in batches of at most `batch_frames`; no
/// record may be rejected.
[[nodiscard]] std::vector<std::string> notifications_of(firehose_builder& events,
                                                        std::size_t batch_frames);

/// The feeds, sorted: "alice alice/p1" and "bob alice/p1 by r1" for a repost.
[[nodiscard]] std::vector<std::string> feed_items(db::connection& on);

} // namespace prism::test
