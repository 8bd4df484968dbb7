#pragma once

#include "db/index/report.hpp"

#include <string>

namespace prism::db {

/// What a deletion takes away of an account.
struct account_removal {
  std::string did;
  std::int64_t account{0};
  micros time{0};  ///< of the deletion: when what it takes away has ended
  micros until{0}; ///< records of newer commits stay
};

/// Takes one portion of it away: records, each as if it had been deleted singly, so that counts,
/// feeds and notifications of others stay exact; when none is left, what the account told and was
/// told by other means. No portion is larger than a large batch, whatever the account's size: each
/// is meant for a transaction of its own, as which it takes locks in the order of a batch and which
/// begins with `plan_settings`.
/// @returns whether there may be more.
[[nodiscard]] outcome<bool> delete_chunk(tx& on, const account_removal& what, apply_report& report);

} // namespace prism::db
