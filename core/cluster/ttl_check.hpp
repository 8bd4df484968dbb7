#pragma once

#include "core/cluster/table.hpp"

#include <chrono>
#include <cstddef>
#include <set>
#include <vector>

namespace prism::cluster {

/// Whether a live member has another `cluster-ttl-ms` than `own`. One that does not say is taken to
/// have the same.
[[nodiscard]] bool has_other_ttl(const member& of, std::chrono::milliseconds own) noexcept;

/// Finds the live members with another `cluster-ttl-ms`, and each of them as new once. Plain value
/// for one thread; it remembers as many as there are in the table.
class ttl_check {
public:
  explicit ttl_check(std::chrono::milliseconds own) : own_(own) {}

  /// What a table that was read says. @returns those that the table before did not have.
  [[nodiscard]] std::vector<member> see(const table& read);

  /// How many there are in the newest table.
  [[nodiscard]] std::size_t count() const noexcept { return known_.size(); }

private:
  std::chrono::milliseconds own_;
  std::set<node_id> known_;
};

} // namespace prism::cluster
