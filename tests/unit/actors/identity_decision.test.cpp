#include "actors/identity_decision.hpp"

#include "metrics/labels.hpp"

#include <algorithm>
#include <catch2/catch.hpp>

using namespace prism;
using namespace std::chrono_literals;
using db::identity_kind;
using outcome = db::identity_result::task_outcome;

namespace {

[[nodiscard]] db::identity_task task(identity_kind kind, std::int32_t attempts = 0) {
  db::identity_task out;
  out.user_id = 7;
  out.kind = kind;
  out.attempts = attempts;
  return out;
}

const identity_lookup_done good{.known = true, .good = true, .handle = "a.test", .why = {}};
const identity_lookup_done bad{.known = true, .good = false, .handle = {}, .why = "elsewhere"};
const identity_lookup_done unknown{.known = false, .handle = {}, .why = "timeout"};
const identity_lookup_done throttled{
    .known = false, .held_back = true, .handle = {}, .why = "too many requests"};

} // namespace

TEST_CASE("a handle is confirmed or refuted by the answer") {
  const auto confirmed = decide(task(identity_kind::handle), good, 0);
  CHECK(confirmed.result.what == outcome::confirmed);
  CHECK(confirmed.result.handle == "a.test");
  CHECK(confirmed.result.task.user_id == 7);
  CHECK_FALSE(confirmed.purge);
  CHECK(label_of(confirmed) == "confirmed");
  const auto refuted = decide(task(identity_kind::handle), bad, 0);
  CHECK(refuted.result.what == outcome::refuted);
  CHECK_FALSE(refuted.purge);
  CHECK(label_of(refuted) == "refuted");
}

TEST_CASE("an account is purged only if its PDS is known to have no repo") {
  const auto hosted = decide(task(identity_kind::deletion), good, 0);
  CHECK_FALSE(hosted.purge);
  CHECK(hosted.result.what == outcome::nothing_to_do);
  CHECK(label_of(hosted) == "hosted");
  CHECK(decide(task(identity_kind::deletion), bad, 0).purge);
  CHECK_FALSE(decide(task(identity_kind::deletion), unknown, 0).purge);
  CHECK_FALSE(decide(task(identity_kind::deletion), throttled, 0).purge);
}

TEST_CASE("without an answer the task is retried later with each try, up to six hours") {
  const auto first = decide(task(identity_kind::handle), unknown, 1);
  CHECK(first.result.what == outcome::failed);
  CHECK(first.result.delay == 30s);
  CHECK_FALSE(first.given_up);
  CHECK(label_of(first) == "failed");
  CHECK(decide(task(identity_kind::handle, 1), unknown, 1).result.delay == 60s);
  CHECK(decide(task(identity_kind::handle, 2), unknown, 1).result.delay == 120s);
  CHECK(decide(task(identity_kind::deletion, 100), unknown, 1).result.delay == 6h);
  CHECK(decide(task(identity_kind::handle, 2), unknown, 0).result.delay < 120s); // jitter
}

TEST_CASE("a handle is given up after ten tries, a deletion never") {
  CHECK_FALSE(decide(task(identity_kind::handle, 8), unknown, 1).given_up);
  const auto tenth = decide(task(identity_kind::handle, 9), unknown, 1);
  CHECK(tenth.given_up);
  CHECK(tenth.result.what == outcome::nothing_to_do); // the task goes, the handle stays
  CHECK(label_of(tenth) == "given_up");
  const auto deletion = decide(task(identity_kind::deletion, 99), unknown, 1);
  CHECK_FALSE(deletion.given_up);
  CHECK(deletion.result.what == outcome::failed);
}

TEST_CASE("a task for which no request was made is retried soon, and that is no try") {
  const auto soon = decide(task(identity_kind::handle, 9), throttled, 0);
  CHECK(soon.result.what == outcome::deferred);
  CHECK(soon.result.delay == 500ms);
  CHECK_FALSE(soon.given_up);
  CHECK(label_of(soon) == "deferred");
  CHECK(decide(task(identity_kind::handle, 9), throttled, 1).result.delay == 5s);
}

TEST_CASE("every decision has a label that the metric knows") {
  for (const auto kind : {identity_kind::handle, identity_kind::deletion})
    for (const auto& found : {good, bad, unknown, throttled})
      for (const auto attempts : {0, 9}) {
        const auto label = label_of(decide(task(kind, attempts), found, 0.5));
        INFO(label);
        CHECK(std::ranges::count(metrics::labels::identity_results, label) == 1);
      }
}
