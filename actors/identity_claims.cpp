#include "actors/identity_claims.hpp"

namespace prism {

std::optional<identity_claims::request> identity_claims::next_claim(time_point now) {
  if (claiming_ || stopping_ || in_flight_.size() >= capacity_)
    return std::nullopt;
  request out{.limit = static_cast<std::int64_t>(capacity_ - in_flight_.size()),
              .busy_users = {},
              .include_claimed = include_claimed_};
  for (const auto& [task, lookup] : in_flight_)
    out.busy_users.push_back(task.first);
  claiming_ = true;
  requested_ = now;
  return out;
}

std::vector<db::identity_task> identity_claims::claimed(const db::claimed_tasks& found,
                                                        time_point now) {
  claiming_ = false;
  std::vector<db::identity_task> started;
  for (const auto& task : found.tasks)
    if (!stopping_ && in_flight_.emplace(key{task.user_id, task.kind}, lookup{task, now}).second)
      started.push_back(task);
  // A claim of a predecessor that died may have been carried out after ours released its tasks. No
  // process works on those; without this they would wait until that claim ends.
  include_claimed_ = found.tasks.empty() && in_flight_.empty() && found.untried > 0 &&
                     requested_ - started_ < claim_time;
  const bool idle = found.untried == 0 && in_flight_.empty();
  idle_since_ = idle ? std::optional{requested_} : std::nullopt;
  return started;
}

const identity_claims::lookup* identity_claims::find(const key& task) const {
  const auto found = in_flight_.find(task);
  return found == in_flight_.end() ? nullptr : &found->second;
}

} // namespace prism
