#pragma once

#include "db/pg/connection.hpp"
#include "db/reads/id_cache.hpp"

#include <cstdint>
#include <memory>
#include <mutex>

namespace prism::reads {

/// One cache of ids for all sessions on one database server, as long as it runs without a break. A
/// server that was promoted, restored, or has lost its last commits in a crash gives the same ids
/// to other names. So a session shares the cache only while the session that began it is still open
/// on the same server. Thread-safe.
class server_ids {
public:
  /// The cache for a session that has just been opened. It holds nothing ever if the session may
  /// change to another server unnoticed, behind a pooler. Errors are those of the database.
  [[nodiscard]] db::outcome<std::shared_ptr<id_cache>> join(db::connection& on);

  /// The cache that the next session on the same server will share.
  [[nodiscard]] std::shared_ptr<const id_cache> current() const;

private:
  /// A session of the server, which no other one ever equals.
  struct identity {
    std::int32_t pid{0};
    std::int64_t started{0}; ///< µs since 1970
  };

  mutable std::mutex mutex_;
  identity founder_;
  std::shared_ptr<id_cache> ids_{std::make_shared<id_cache>()};
};

} // namespace prism::reads
