#pragma once

#include "db/pg/executor.hpp"
#include "db/reads/id_cache.hpp"

#include <memory>
#include <utility>

namespace prism::reads {

/// A session that reads, with the ids that it need not look up. Not thread-safe, but several may
/// share a cache.
class session final : public db::executor {
public:
  /// @param on outlives the session
  /// @param ids of the server on which `on` runs
  explicit session(db::executor& on, std::shared_ptr<id_cache> ids = std::make_shared<id_cache>())
      : on_(&on), ids_(std::move(ids)) {}

  [[nodiscard]] id_cache& ids() noexcept { return *ids_; }

  [[nodiscard]] db::outcome<std::vector<db::result>>
  round_trip(std::span<const db::request> requests) override {
    return on_->round_trip(requests);
  }
  [[nodiscard]] db::outcome<void> exec_script(const std::string& sql) override {
    return on_->exec_script(sql);
  }

private:
  db::executor* on_;
  std::shared_ptr<id_cache> ids_;
};

} // namespace prism::reads
