#pragma once

#include "db/executor.hpp"

#include <string>
#include <vector>

namespace prism::db {

/// What can never be applied: kept with its reason for a person to look at (table dead_letters).
struct dead_letter {
  std::string service;
  std::int64_t seq{0};
  std::string did;
  std::string path; ///< collection/rkey; empty: the whole frame
  std::string reason;
  std::string sqlstate;
  std::vector<std::byte> bytes;
};

[[nodiscard]] outcome<void> keep_dead_letter(executor& on, const dead_letter& letter);

} // namespace prism::db
