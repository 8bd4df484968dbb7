#pragma once

#include "db/pg/executor.hpp"
#include "db/reads/id_cache.hpp"

#include <memory>
#include <utility>

namespace prism::reads {

/// A session that reads, with the ids that it need not look up. Not thread-safe, but several may
/// share a cache.
///
/// Behind a pooler each round trip is a transaction of its own, maybe on another server session, so
/// each sets `reader_plans` first.
class session final : public db::executor {
public:
  /// @param on outlives the session
  /// @param ids of the server on which `on` runs
  /// @param is_pooled whether a pooler is between `on` and the server; else `set_reader_plans` ran
  explicit session(db::executor& on, std::shared_ptr<id_cache> ids = std::make_shared<id_cache>(),
                   bool is_pooled = false)
      : on_(&on), ids_(std::move(ids)), is_pooled_(is_pooled) {}

  [[nodiscard]] id_cache& ids() noexcept { return *ids_; }

  [[nodiscard]] db::outcome<std::vector<db::result>>
  round_trip(std::span<const db::request> requests) override;
  [[nodiscard]] db::outcome<void> exec_script(const std::string& sql) override {
    return on_->exec_script(sql);
  }

private:
  db::executor* on_;
  std::shared_ptr<id_cache> ids_;
  bool is_pooled_;
};

} // namespace prism::reads
