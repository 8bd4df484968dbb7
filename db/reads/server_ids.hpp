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
  /// The cache for a session that has just been opened. Behind a pooler it holds nothing ever,
  /// since the session may change to another server unnoticed. (Even in the middle of a call: only
  /// a pooler before a single server is safe.) Errors are those of the database.
  [[nodiscard]] db::outcome<std::shared_ptr<id_cache>> join(db::connection& on);

  /// The cache that the next session on the same server will share.
  [[nodiscard]] std::shared_ptr<const id_cache> current() const;

private:
  /// A session of the server, which no other one ever equals.
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
