#pragma once

#include "db/pg/executor.hpp"

#include <optional>
#include <string>
#include <vector>

namespace prism::db {

/// Several statements in one round trip.
///
///     pipeline p(tx);
///     p.add(insert_posts, std::move(posts));
///     p.add(insert_likes, std::move(likes));
///     auto results = p.sync(); // results->at(0) is that of insert_posts
///
/// Nothing is sent before `sync()`. Data of any size is sent without deadlock: results are read
/// while parameters are being sent. Used on the executor's thread.
class pipeline {
public:
  explicit pipeline(executor& target) noexcept : target_(&target) {}

  /// Adds a statement. @returns the index of its result.
  std::size_t add(const statement& prepared, params values = {});

  /// Adds one SQL command, which is not prepared.
  std::size_t add(std::string sql, params values = {});

  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }

  /// Sends all statements and waits for their results; afterwards the pipeline is empty and can be
  /// used again. The first error is returned, naming its statement; the server skips the statements
  /// after it and, outside a transaction, rolls back those before it.
  [[nodiscard]] outcome<std::vector<result>> sync();

private:
  struct entry {
    const statement* prepared;
    std::string sql;
    params values;
  };

  executor* target_;
  std::vector<entry> entries_;
};

} // namespace prism::db
