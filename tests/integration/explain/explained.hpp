#pragma once

#include "db/accounts/identity.hpp"
#include "db/index/users.hpp"
#include "db/inspect/explain.hpp"
#include "db/jobs/jobs.hpp"
#include "inspect/explanation_json.hpp"
#include "tests/integration/indexing.hpp"
#include "tests/integration/query_helpers.hpp"
#include "tests/support/must.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace prism::test {

using explanations::check_result;
using explanations::verdict;

/// A database that is filled by the indexer, one batch for each frame, and asked for explanations.
struct explained : index_target {
  firehose_builder events;

  /// Indexes what was added to `events` since the last call.
  void index(std::size_t batch_frames = 1) { apply(events.take(), batch_frames); }

  [[nodiscard]] explanations::explanation why(std::string_view subject,
                                              const explanations::node_facts& facts = {}) {
    auto out = must(db::explain(connection, subject, facts));
    CHECK_FALSE(connection.in_transaction());
    CHECK_FALSE(out.sentence.empty());
    return out;
  }

  /// The verdict's name, for messages that can be read.
  [[nodiscard]] std::string verdict_of(std::string_view subject,
                                       const explanations::node_facts& facts = {}) {
    return std::string{explanations::to_string(why(subject, facts).answer)};
  }

  /// Indexes frames at a time by our clock, as a shard does, with the errors that it only counts.
  void index_at(const std::vector<frame_bytes>& frames, db::micros arrival) {
    const db::build_events ignored{.rejected = [](auto, auto, auto, const auto&) {},
                                   .skipped = [](auto) {}};
    db::batch_builder builder(ignored, 0, arrival);
    for (const auto& each : frames)
      static_cast<void>(builder.add(*atproto::decode_frame(*each)));
    auto batch = builder.take();
    batch.service = "test";
    batch.token = writer.token;
    batch.last_seq = std::stoll(value(connection, "SELECT seq FROM firehose_cursor")) + 1;
    batch.user_ids = must(db::intern_users(connection, batch.refs.dids()));
    must(db::apply_batch(connection, {}, batch));
  }

  /// A post that its lexicon refuses.
  record_ref bad_post(std::string_view who, std::string_view rkey,
                      std::string_view action = "create") {
    const auto block =
        block_of({{"$type", "app.bsky.feed.post"}, {"createdAt", record_time}, {"text", 5}});
    const auto path = fmt::format("app.bsky.feed.post/{}", rkey);
    events.commit(who, {{std::string{action}, path, block}});
    return {fmt::format("at://{}/{}", did_of(who), path), cid_of(block)};
  }
};

/// The detail of a check; fails if the check is absent or has another result.
[[nodiscard]] inline std::string detail(const explanations::explanation& of, std::string_view what,
                                        check_result expected) {
  const auto found = std::ranges::find(of.checks, what, &explanations::check::what);
  INFO(explanations::to_text(of));
  INFO(what);
  REQUIRE(found != of.checks.end());
  CHECK(explanations::to_string(found->result) == explanations::to_string(expected));
  return found->detail;
}

} // namespace prism::test
