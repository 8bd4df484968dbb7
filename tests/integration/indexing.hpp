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

/// A hash of the rows of each table, in which ids are replaced by what they stand for, so that
/// databases can be compared that gave other ids.
[[nodiscard]] std::map<std::string, std::string> fingerprints(db::connection& on);

/// The tables in which two fingerprints differ.
[[nodiscard]] std::vector<std::string> differing(const std::map<std::string, std::string>& a,
                                                 const std::map<std::string, std::string>& b);

/// A fresh database and one writer on it, without actors: frames in, rows out.
class index_target {
public:
  index_target();
  /// On an empty database.
  explicit index_target(const std::string& conninfo);

  /// Indexes frames from seq 0 on, in batches of at most `batch_frames`.
  void apply(const std::vector<frame_bytes>& frames, std::size_t batch_frames);

  /// A batch of these frames, ready to be applied.
  [[nodiscard]] db::batch batch_of(const std::vector<frame_bytes>& frames);

  /// Rows of a table; `from` may have a WHERE.
  [[nodiscard]] std::int64_t count(const std::string& from);

  [[nodiscard]] std::map<std::string, std::string> fingerprints();

  db::connection connection;
  std::int64_t epoch{0};
  /// Of the batches, see db::batch.
  bool verify_deletions{false};
  /// Paths of records that were refused.
  std::vector<std::string> rejected;
  /// How many were refused for each reason.
  std::map<std::string, int> reasons;

private:
  void flush(db::batch_builder& builder, std::int64_t last_seq);

  db::build_events events_;
};

} // namespace prism::test
