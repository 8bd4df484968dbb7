#include "db/upkeep/upkeep.hpp"

#include "tests/integration/indexing.hpp"
#include "tests/integration/query_helpers.hpp"
#include "tests/support/must.hpp"
#include "tools/replay/corpus_file.hpp"

#include <catch2/catch.hpp>
#include <set>

using namespace prism;
using namespace prism::test;
using db::upkeep_task;
using namespace std::chrono_literals;

namespace {

[[nodiscard]] db::upkeep_job job_of(const index_target& target, upkeep_task task,
                                    std::int64_t limit) {
  return {.task = task,
          .service = "test",
          .node = target.writer.node,
          .epoch = target.writer.epoch,
          .limit = limit};
}

struct run_result {
  std::uint64_t rows{0};
  int batches{0};
  std::vector<std::string> findings; // "table text"
};

/// Runs batches until there is nothing left to do.
[[nodiscard]] run_result run(index_target& target, db::upkeep_job job) {
  run_result out;
  for (;;) {
    const auto report = must(db::run_upkeep(target.connection, {}, job));
    ++out.batches;
    out.rows += report.rows;
    for (const auto& each : report.findings)
      out.findings.push_back(each.table + ": " + each.text);
    CHECK(report.rows <= 4 * static_cast<std::uint64_t>(job.limit));
    if (!report.more)
      return out;
    REQUIRE(out.batches < 10'000);
    job.from = report.next;
  }
}

/// The sample, indexed.
void fill(index_target& target) {
  target.apply(net::read_corpus(PRISM_SOURCE_DIR "/sample/small.frames.zst").value(), 500);
}

} // namespace

TEST_CASE("expired sessions and OAuth states are deleted in batches, and no others") {
  index_target target;
  firehose_builder nothing;
  target.apply(nothing.take(), 1);
  must(target.connection.exec_script(
      "INSERT INTO sessions (id, user_id, data, expires_at) SELECT 's' || i, i, '{}', now() + (i - "
      "25) * interval '1 minute' FROM generate_series(1, 50) i;"
      "INSERT INTO oauth_states (state, data, expires_at) SELECT 's' || i, '{}', now() + (i - 25) "
      "* interval '1 minute' FROM generate_series(1, 50) i"));
  for (const auto& [task, table] : {std::pair{upkeep_task::sessions, "sessions"},
                                    std::pair{upkeep_task::oauth_states, "oauth_states"}}) {
    const auto done = run(target, job_of(target, task, 10));
    CHECK(done.rows == 25);
    CHECK(done.batches == 3);
    CHECK(target.count(table) == 25);
    CHECK(target.count(std::string{table} + " WHERE expires_at <= now()") == 0);
  }
}

TEST_CASE("parked operations are deleted after their time and reported") {
  index_target target;
  firehose_builder tale;
  const record_ref lost{"at://did:plc:bob/app.bsky.feed.post/lost",
                        "bafyreigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi"};
  for (int i = 0; i < 12; ++i)
    tale.like("alice" + std::to_string(i), "l", lost);
  target.apply(tale.take(), 100);
  REQUIRE(target.count("pending_ops") == 12);
  must(target.connection.exec_script(
      "UPDATE pending_ops SET parked_at = now() - interval '2 hours' WHERE creator_id <= "
      "(SELECT creator_id FROM pending_ops ORDER BY creator_id OFFSET 6 LIMIT 1)"));
  auto job = job_of(target, upkeep_task::pending_ops, 4);
  CHECK(run(target, job).rows == 0); // keep 0: no limit
  job.keep = 1h;
  const auto report = must(db::run_upkeep(target.connection, {}, job));
  CHECK(report.rows == 4);
  CHECK(report.forgotten.size() == 4);
  CHECK(report.forgotten[0].kind == atproto::collection::like);
  CHECK(report.forgotten[0].rkey == "l");
  CHECK(report.more);
  CHECK(run(target, job).rows == 3);
  CHECK(target.count("pending_ops") == 5);
}

TEST_CASE("history is deleted after its time from all its tables") {
  index_target target;
  firehose_builder nothing;
  target.apply(nothing.take(), 1);
  must(target.connection.exec_script(
      "INSERT INTO past_posts (id, place, until, creator_id, invalid_reply_root, "
      "recorded_at) "
      "SELECT i, 0, 0, 1, false, now() - i * interval '1 hour' FROM generate_series(1, 60) "
      "i; INSERT INTO past_thread_gates (id, place, until, creator_id, recorded_at) SELECT "
      "i, "
      "0, 0, 1, now() - i * interval '1 hour' FROM generate_series(1, 60) i;"
      "INSERT INTO past_post_gates (id, place, until, creator_id, embedding_disabled, "
      "recorded_at) SELECT i, 0, 0, 1, true, now() - i * interval '1 hour' FROM "
      "generate_series(1, 60) i; INSERT INTO past_pairs (first_id, second_id, collection, "
      "place, until, recorded_at) SELECT i, 1, 7, 0, 0, now() - i * interval '1 "
      "hour' FROM generate_series(1, 60) i"));
  auto job = job_of(target, upkeep_task::history, 5);
  CHECK(run(target, job).rows == 0);
  job.keep = 48h;
  const auto done = run(target, job);
  CHECK(done.rows == 4 * 13);
  for (const auto* table : {"past_posts", "past_thread_gates", "past_post_gates", "past_pairs"})
    CHECK(target.count(table) == 47);
}

TEST_CASE("the audits find nothing in indexed data and change nothing") {
  index_target target;
  fill(target);
  const auto before = target.fingerprints();
  CHECK(run(target, job_of(target, upkeep_task::orphans, 500)).findings ==
        std::vector<std::string>{});
  const auto counts = run(target, job_of(target, upkeep_task::counts, 50));
  CHECK(counts.findings == std::vector<std::string>{});
  CHECK(counts.batches > 10);
  CHECK(differing(before, target.fingerprints()).empty());
}

TEST_CASE("every planted orphan is found and removed, and nothing else") {
  index_target target;
  fill(target);
  const auto before = target.fingerprints();
  must(target.connection.exec_script(
      "INSERT INTO feed_items VALUES (1, now(), 987654321, NULL), (1, now(), (SELECT id FROM posts "
      "LIMIT 1), 'norepost');"
      "INSERT INTO notifications (recipient_id, author_id, created_at, reason, rkey) VALUES "
      "(987654321, 1, now(), 3, 'x'), (1, 2, now(), 3, 'nofollow'), (1, 2, now(), 1, 'nolike'), "
      "(1, 2, now(), 2, 'norepost'), (1, 2, now(), 5, 'nopost'), (1, 987654321, now(), 10, 'x');"
      "INSERT INTO post_aggregates VALUES (987654321, 1, 1, 1, 1);"
      "INSERT INTO user_aggregates VALUES (987654321, 1, 1, 1);"
      "INSERT INTO list_aggregates VALUES (987654321, 1)"));
  const auto done = run(target, job_of(target, upkeep_task::orphans, 1000));
  CHECK(done.rows == 11);
  std::map<std::string, int> tables;
  for (const auto& each : done.findings)
    ++tables[each.substr(0, each.find(':'))];
  CHECK(tables == std::map<std::string, int>{{"feed_items", 2},
                                             {"notifications", 6},
                                             {"post_aggregates", 1},
                                             {"user_aggregates", 1},
                                             {"list_aggregates", 1}});
  CHECK(differing(before, target.fingerprints()).empty());
  CHECK(run(target, job_of(target, upkeep_task::orphans, 1000)).rows == 0);
}

TEST_CASE("every planted wrong count is found, reported and corrected, also in missing rows") {
  index_target target;
  fill(target);
  const auto before = target.fingerprints();
  must(target.connection.exec_script(
      "UPDATE post_aggregates SET like_count = like_count + 1 WHERE post_id = (SELECT min(post_id) "
      "FROM post_aggregates WHERE like_count > 0);"
      "UPDATE post_aggregates SET reply_count = -1 WHERE post_id = (SELECT max(post_id) FROM "
      "post_aggregates WHERE reply_count > 0);"
      "DELETE FROM post_aggregates WHERE post_id = (SELECT max(post_id) FROM post_aggregates WHERE "
      "repost_count > 0 AND reply_count = 0);"
      "UPDATE user_aggregates SET followers_count = 0, posts_count = 7777 WHERE user_id = (SELECT "
      "max(user_id) FROM user_aggregates WHERE followers_count > 0);"
      "DELETE FROM user_aggregates WHERE user_id = (SELECT min(user_id) FROM user_aggregates WHERE "
      "posts_count > 0);"
      "INSERT INTO list_aggregates SELECT id, 3 FROM uris LIMIT 1 ON CONFLICT (list_id) DO UPDATE "
      "SET member_count = 77"));
  REQUIRE(differing(before, target.fingerprints()) ==
          std::vector<std::string>{"post_aggregates", "user_aggregates"});
  const auto done = run(target, job_of(target, upkeep_task::counts, 100));
  CHECK(done.rows == 6);
  CHECK(done.findings.size() == 6);
  for (const auto& each : done.findings)
    CHECK_THAT(each, Catch::Contains(", are "));
  CHECK(differing(before, target.fingerprints()).empty());
  CHECK(run(target, job_of(target, upkeep_task::counts, 100)).rows == 0);
}

TEST_CASE("the audits find and correct no error while batches are written") {
  index_target target;
  const auto corpus = net::read_corpus(PRISM_SOURCE_DIR "/sample/small.frames.zst").value();
  target.apply({corpus.begin(), corpus.begin() + 200}, 100);
  // A batch that has written its rows and holds its locks, but is not committed.
  auto other = connect_to(target.connection.options().conninfo);
  must(other.exec_script(
      "BEGIN; INSERT INTO follows (creator_id, subject_id, created_at, commit_time, rkey, "
      "duplicate, "
      "cid) VALUES (1, 2, now(), now(), 'held', false, ''); "
      "INSERT INTO user_aggregates AS a (user_id, followers_count) VALUES (2, 1) ON CONFLICT "
      "(user_id) DO UPDATE SET followers_count = a.followers_count + 1; "
      "INSERT INTO user_aggregates AS a (user_id, follows_count) VALUES (1, 1) ON CONFLICT "
      "(user_id) DO UPDATE SET follows_count = a.follows_count + 1"));
  CHECK(run(target, job_of(target, upkeep_task::counts, 100)).findings.empty());
  CHECK(run(target, job_of(target, upkeep_task::orphans, 1000)).findings.empty());
  must(other.exec_script("COMMIT"));
  CHECK(run(target, job_of(target, upkeep_task::counts, 100)).findings.empty());
}

TEST_CASE("who does not lead any more deletes nothing") {
  index_target target;
  firehose_builder nothing;
  target.apply(nothing.take(), 1);
  const auto* lost = GENERATE("epoch = epoch + 1", "holder = 'another'");
  must(
      target.connection.exec_script(std::string{"UPDATE leases SET "} + lost +
                                    "; INSERT INTO sessions (id, user_id, data, expires_at) VALUES "
                                    "('a', 1, '{}', now() - interval '1 hour')"));
  const auto done =
      db::run_upkeep(target.connection, {}, job_of(target, upkeep_task::sessions, 10));
  REQUIRE_FALSE(done);
  CHECK(done.error().sqlstate == db::fenced_state);
  CHECK(target.count("sessions") == 1);
}
