#include "actors/identity_decision.hpp"

#include "core/backoff.hpp"

#include <chrono>

namespace prism {

namespace {

using task_outcome = db::identity_result::task_outcome;
using db::identity_kind;

constexpr backoff_options retry_delays{.min = std::chrono::seconds{30},
                                       .max = std::chrono::hours{6}};
constexpr std::chrono::milliseconds min_deferral{500};
constexpr std::chrono::milliseconds max_deferral{5'000};

} // namespace

db::identity_result retry(const db::identity_task& task, bool counts_as_try, double random01) {
  if (!counts_as_try)
    return {task,
            task_outcome::deferred,
            {},
            std::chrono::duration_cast<std::chrono::milliseconds>(
                min_deferral + random01 * (max_deferral - min_deferral))};
  backoff delays(retry_delays);
  for (std::int32_t i = 0; i < task.attempts; ++i)
    static_cast<void>(delays.next(1));
  return {task, task_outcome::failed, {}, delays.next(random01)};
}

identity_decision decide(const db::identity_task& task, const identity_lookup_done& found,
                         double random01) {
  identity_decision out{.result = {task, task_outcome::nothing_to_do, found.handle, {}}};
  if (!found.known) {
    out.result = retry(task, !found.held_back, random01);
    out.given_up = !found.held_back && task.kind == identity_kind::handle &&
                   task.attempts + 1 >= max_identity_attempts;
    if (out.given_up)
      out.result.what = task_outcome::nothing_to_do;
  } else if (task.kind == identity_kind::handle) {
    out.result.what = found.good ? task_outcome::confirmed : task_outcome::refuted;
  } else {
    out.purge = !found.good;
  }
  return out;
}

std::string_view label_of(const identity_decision& decision) noexcept {
  if (decision.given_up)
    return "given_up";
  switch (decision.result.what) {
  case task_outcome::confirmed:
    return "confirmed";
  case task_outcome::refuted:
    return "refuted";
  case task_outcome::nothing_to_do:
    return "hosted";
  case task_outcome::failed:
    return "failed";
  case task_outcome::deferred:
    return "deferred";
  }
  return "other";
}

} // namespace prism
