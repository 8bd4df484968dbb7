#pragma once

#include "core/frame_bytes.hpp"
#include "db/apply/indexer.hpp"
#include "db/batch/batch_builder.hpp"
#include "db/index/progress.hpp"
#include "db/schema/migrator.hpp"

#include <map>
#include <string>
#include <vector>

namespace prism::test {

/// A hash of the rows of each table, with DIDs and uris in place of ids, so that databases with
/// different ids can be compared.
[[nodiscard]] std::map<std::string, std::string> fingerprints(db::connection& on);

/// The tables whose fingerprints differ.
[[nodiscard]] std::vector<std::string> differing(const std::map<std::string, std::string>& a,
                                                 const std::map<std::string, std::string>& b);

/// A node that writes, without actors and without any renewal.
struct test_writer {
  std::string node;      ///< its UUID
  std::int64_t epoch{0}; ///< of its lease
  std::int64_t token{0}; ///< of all its shards
};

/// Takes all shards of a service over for a new node, which replaces the one before. May be called
/// in any thread; throws on errors.
test_writer take_over(db::connection& on, const std::string& service = "test",
                      std::int32_t shards = 1);

/// A fresh database and one writer on it, without actors: frames in, rows out.
class index_target {
public:
  index_target();
  /// On an empty database.
  explicit index_target(const std::string& conninfo);

  /// Indexes frames from seq 0 on, in batches of at most `batch_frames`.
  void apply(const std::vector<frame_bytes>& frames, std::size_t batch_frames);

  /// Deletes all rows, for the next order of the same events: much faster than another database.
  void clear();

  /// A batch of these frames with all ids.
  [[nodiscard]] db::batch batch_of(const std::vector<frame_bytes>& frames);

  /// Rows of a table; `from` may have a WHERE.
  [[nodiscard]] std::int64_t count(const std::string& from);

  [[nodiscard]] std::map<std::string, std::string> fingerprints();

  db::connection connection;
  /// Since the last `apply`; its token is that of batches.
  test_writer writer{.node = "00000000-0000-4000-8000-000000000000"};
  /// What each batch is told of the time (`db::batch_builder`). The default believes every stamp.
  std::int64_t arrival{INT64_MAX - db::batch_builder::max_event_lead};
  /// Copied into each batch (db::batch).
  bool verify_deletions{false};
  /// Paths of rejected records.
  std::vector<std::string> rejected;
  /// Number of rejected records for each reason.
  std::map<std::string, int> reasons;

private:
  // Frames so far: the cursor. They may arrive in another order than that of their seqs.
  std::int64_t arrived_{0};

  void flush(db::batch_builder& builder, std::int64_t last_seq);

  db::build_events events_;
};

} // namespace prism::test
