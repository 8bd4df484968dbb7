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
/// Nothing is sent before `sync()`. Data of any size passes without deadlock: answers are read
/// while parameters are still being sent. One thread, the executor's.
class pipeline {
public:
  explicit pipeline(executor& on) noexcept : on_(&on) {}

  /// @returns the index of its result.
  std::size_t add(const statement& prepared, params values = {});

  /// One SQL command that is not worth preparing.
  std::size_t add(std::string sql, params values = {});

  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }

  /// Sends all and waits for all; afterwards the pipeline is empty and can be filled again. The
  /// first error stops the rest and is returned, naming its statement; outside of a transaction
  /// nothing of this round trip is kept then.
  [[nodiscard]] outcome<std::vector<result>> sync();

private:
  struct entry {
    const statement* prepared;
    std::string sql;
    params values;
  };

  executor* on_;
  std::vector<entry> entries_;
};

} // namespace prism::db
