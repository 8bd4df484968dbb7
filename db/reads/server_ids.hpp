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
/// on the same server; one that has another cache keeps it until it ends. Thread-safe.
class server_ids {
public:
  /// What a session that has just been opened works with.
  struct joined {
    std::shared_ptr<id_cache> ids;
    /// A pooler is between the session and the server.
    bool is_pooled{false};
  };

  /// Behind a pooler the cache stays empty, because the pooler can move the session to another
  /// server. It can do so between two statements of a call, so use a pooler in front of a single
  /// server only. Errors are those of the database.
  [[nodiscard]] db::outcome<joined> join(db::connection& on);

  /// The cache that the next session on the same server will share.
  [[nodiscard]] std::shared_ptr<const id_cache> current() const;

private:
  /// Identifies one session of one server.
  struct session_identity {
    std::int32_t pid{0};
    std::int64_t started{0}; ///< µs since 1970

    friend bool operator==(const session_identity&, const session_identity&) = default;
  };
  [[nodiscard]] session_identity founder() const;

  mutable std::mutex mutex_;
  session_identity founder_;
  std::shared_ptr<id_cache> ids_{std::make_shared<id_cache>()};
};

} // namespace prism::reads
