// Table refused_records: who writes it, who deletes from it, and its bounds.

#include "db/index/refused_records.hpp"
#include "db/upkeep/upkeep.hpp"
#include "tests/integration/explain/explained.hpp"

using namespace prism;
using namespace prism::test;

namespace {

/// The rows: "did/rkey reason seq".
[[nodiscard]] std::string rows(db::connection& on) {
  return value(on,
               "SELECT string_agg(format('%s/%s %s %s', u.did, r.rkey, r.reason, r.place / 256), "
               "', ' ORDER BY r.place) FROM refused_records r JOIN users u ON u.id = r.user_id");
}

} // namespace

TEST_CASE("refused records: a later version, a deletion and a purge take the row away") {
  const auto batch_frames = GENERATE(std::size_t{1}, std::size_t{10});
  CAPTURE(batch_frames);
  explained target;
  const auto bad = target.bad_post("alice", "p1");
  static_cast<void>(target.bad_post("alice", "p2"));
  static_cast<void>(target.bad_post("bob", "p1"));
  target.index(batch_frames);
  CHECK(rows(target.connection) == "did:plc:alice/p1 wrong_type 1, did:plc:alice/p2 wrong_type 2, "
                                   "did:plc:bob/p1 wrong_type 3");
  target.events.update(
      "alice", "app.bsky.feed.post/p1",
      {{"$type", "app.bsky.feed.post"}, {"text", "good"}, {"createdAt", record_time}});
  target.events.remove({"at://did:plc:alice/app.bsky.feed.post/p2", ""});
  target.index(batch_frames);
  CHECK(rows(target.connection) == "did:plc:bob/p1 wrong_type 3");
  CHECK(target.verdict_of(bad.uri) == "here");
  target.events.account("bob", false, "deleted");
  target.index(batch_frames);
  CHECK(rows(target.connection).empty());
}

TEST_CASE("refused records: the same rows in one batch or many, and after a replay") {
  firehose_builder none;
  std::map<std::string, std::string> first;
  for (const std::size_t batch_frames : {1, 2, 3, 100}) {
    CAPTURE(batch_frames);
    explained target;
    auto& events = target.events;
    static_cast<void>(target.bad_post("alice", "p1"));
    static_cast<void>(events.post("alice", "p2"));
    static_cast<void>(target.bad_post("alice", "p2", "update"));
    events.update("alice", "app.bsky.feed.post/p1",
                  {{"$type", "app.bsky.feed.post"}, {"text", "good"}, {"createdAt", record_time}});
    static_cast<void>(target.bad_post("bob", "p1"));
    events.remove({"at://did:plc:bob/app.bsky.feed.post/p1", ""});
    static_cast<void>(target.bad_post("bob", "p1"));
    static_cast<void>(target.bad_post("bob", "p1", "update"));
    const auto frames = events.take();
    target.apply(frames, batch_frames);
    CHECK(rows(target.connection) == "did:plc:alice/p2 wrong_type 3, did:plc:bob/p1 wrong_type 8");
    CHECK(target.verdict_of("at://did:plc:alice/app.bsky.feed.post/p2") == "older_version");
    const auto before = target.fingerprints();
    target.apply(frames, batch_frames);
    CHECK(differing(before, target.fingerprints()).empty());
    if (first.empty())
      first = before;
    CHECK(differing(before, first).empty());
  }
}

TEST_CASE("refused records: a repo keeps its newest, whatever it sends") {
  const auto batch_frames = GENERATE(std::size_t{7}, std::size_t{1'000});
  explained target;
  static_cast<void>(target.bad_post("bob", "p1"));
  for (int i = 1; i <= 130; ++i)
    static_cast<void>(target.bad_post("alice", fmt::format("p{}", i)));
  target.index(batch_frames);
  CHECK(target.count("refused_records") == 1 + db::max_refused_per_repo);
  CHECK(value(target.connection, "SELECT min(place) / 256 FROM refused_records r JOIN users u ON "
                                 "u.id = r.user_id WHERE did = 'did:plc:alice'") == "82");
  CHECK(target.verdict_of("at://did:plc:bob/app.bsky.feed.post/p1") == "refused");
}

TEST_CASE("refused records: rows are bounded and printable, whatever a record or key is") {
  explained target;
  const std::string long_name(3'000, 'x');
  target.events.create(
      "alice", "app.bsky.feed.post/p1",
      {{"$type", "app.bsky.feed.post"}, {"createdAt", "\x01\xc3\xa9" + long_name}, {"text", "t"}});
  target.events.commit("alice", {{"create", "app.bsky.feed.post/" + long_name, std::nullopt},
                                 {"create", "app.bsky.feed.post/\n", std::nullopt},
                                 {"shred", "app.bsky.feed.post/p2", std::nullopt}});
  target.index();
  CHECK(target.count("refused_records") == 4);
  CHECK(target.count("refused_records WHERE length(message) <= 500 AND length(rkey) <= 520 AND "
                     "message || rkey !~ '[^ -~]'") == 4);
}

TEST_CASE("refused records: a batch without refusals queues nothing") {
  explained target;
  target.index();
  db::pipeline out(target.connection);
  db::queue_refused(out, {});
  CHECK(out.empty());
  // Nor does one of a repo that has none.
  static_cast<void>(target.events.post("alice", "p1"));
  const auto batch = target.batch_of(target.events.take());
  const std::vector<std::int64_t> uri_ids(batch.refs.uris().size(), 1);
  const auto plan = db::make_plan(batch, {});
  const auto changes = db::refused_changes_of(plan, {batch, uri_ids}, {});
  db::queue_refused(out, changes);
  CHECK(out.empty());
  const auto of_one = db::refused_changes_of(plan, {batch, uri_ids}, {batch.user_ids.at(0)});
  CHECK(of_one.indexed.size() == 1);
}

TEST_CASE("refused records: the janitor keeps the newest of all") {
  explained target;
  target.index();
  constexpr std::int64_t more = 7'500;
  must(target.connection.exec_script(fmt::format(
      "INSERT INTO refused_records(user_id, collection, rkey, reason, message, place) SELECT i, 1, "
      "'x', 'wrong_type', 'for a test', i FROM generate_series(1, {}) i",
      db::max_refused + more)));
  db::upkeep_job job{.task = db::upkeep_task::refused_records,
                     .service = "test",
                     .node = target.writer.node,
                     .epoch = target.writer.epoch,
                     .limit = 5'000};
  auto report = must(db::run_upkeep(target.connection, {}, job));
  CHECK(report.rows == 5'000);
  CHECK(report.more);
  report = must(db::run_upkeep(target.connection, {}, job));
  CHECK(report.rows == 2'500);
  CHECK_FALSE(report.more);
  CHECK(report.left == db::max_refused);
  CHECK(value(target.connection, "SELECT min(place) FROM refused_records") ==
        std::to_string(more + 1));
  report = must(db::run_upkeep(target.connection, {}, job));
  CHECK(report.rows == 0);
  CHECK(report.left == db::max_refused);
}
