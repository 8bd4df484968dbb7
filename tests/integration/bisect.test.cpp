#include "db/dead_letters/bisect.hpp"

#include "atproto/frame/frame.hpp"
#include "db/jobs/jobs.hpp"
#include "tests/integration/indexing.hpp"
#include "tests/integration/query_helpers.hpp"
#include "tests/support/must.hpp"
#include "tests/support/proxied_database.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::test;

namespace {

constexpr std::size_t operations = 9;

/// The operations of one commit of bob; each but the last is a row with its own CID.
[[nodiscard]] std::vector<change> commit_of_bob(const record_ref& alices, const record_ref& old) {
  const auto record = [](const char* type, boost::json::object more) {
    more["$type"] = type;
    more["createdAt"] = record_time;
    return block_of(more);
  };
  const auto post = record("app.bsky.feed.post", {{"text", "first"}});
  const record_ref first{"at://did:plc:bob/app.bsky.feed.post/p1", cid_of(post)};
  const auto list = record("app.bsky.graph.list",
                           {{"name", "a list"}, {"purpose", "app.bsky.graph.defs#curatelist"}});
  std::vector<change> out{
      {"create", "app.bsky.feed.post/p1", post},
      {"create", "app.bsky.feed.post/p2",
       record("app.bsky.feed.post",
              {{"text", "a reply"},
               {"reply", {{"parent", ref_to(alices)}, {"root", ref_to(alices)}}}})},
      {"create", "app.bsky.feed.like/l1",
       record("app.bsky.feed.like", {{"subject", ref_to(alices)}})},
      {"create", "app.bsky.feed.like/l2",
       record("app.bsky.feed.like", {{"subject", ref_to(first)}})},
      {"create", "app.bsky.feed.repost/r1",
       record("app.bsky.feed.repost", {{"subject", ref_to(first)}})},
      {"create", "app.bsky.graph.follow/f1",
       record("app.bsky.graph.follow", {{"subject", did_of("alice")}})},
      {"create", "app.bsky.graph.list/s1", list},
      {"create", "app.bsky.graph.listitem/i1",
       record("app.bsky.graph.listitem",
              {{"list", "at://did:plc:bob/app.bsky.graph.list/s1"}, {"subject", did_of("alice")}})},
      {"delete", old.uri.substr(std::string_view{"at://did:plc:bob/"}.size()), std::nullopt},
  };
  REQUIRE(out.size() == operations);
  return out;
}

/// A scenario whose last frame is bob's commit, without the operations in `without`.
struct scenario {
  firehose_builder events;
  record_ref alices = events.post("alice", "p1");
  record_ref old = events.post("bob", "p0");
  std::vector<change> all = commit_of_bob(alices, old);
  std::vector<frame_bytes> before = events.take();
  frame_bytes frame;

  explicit scenario(const std::vector<std::size_t>& without = {}) {
    std::vector<change> rest;
    for (std::size_t i = 0; i < all.size(); ++i)
      if (std::ranges::find(without, i) == without.end())
        rest.push_back(all[i]);
    events.commit("bob", rest);
    frame = events.take().at(0);
  }
};

/// Makes the database reject inserting and deleting rows with the CIDs in table `refused`.
void refuse_rows(db::connection& on) {
  std::string sql =
      "CREATE TABLE refused (cid bytea); CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql "
      "AS 'DECLARE r record; BEGIN IF TG_OP = ''DELETE'' THEN r := OLD; ELSE r := NEW; END IF; "
      "IF EXISTS (SELECT FROM refused WHERE cid = r.cid) THEN RAISE EXCEPTION ''refused for a "
      "test''; END IF; RETURN r; END';";
  for (const auto* table :
       {"posts", "likes", "reposts", "follows", "lists", "list_items", "pending_ops"})
    sql += fmt::format("CREATE TRIGGER refuse BEFORE INSERT OR DELETE ON {} FOR EACH ROW EXECUTE "
                       "FUNCTION refuse();",
                       table);
  must(on.exec_script(sql));
}

void refuse(db::connection& on, const std::string& cid) {
  db::params p;
  p.bytea(atproto::cid::parse(cid).value().bytes());
  must(on.exec("INSERT INTO refused VALUES ($1)", p));
}

[[nodiscard]] db::outcome<db::apply_report> bisect(db::connection& on, const db::batch& batch,
                                                   const frame_bytes& frame) {
  db::partial_report partial;
  return db::apply_bisected(
      on, {}, batch, {batch.last_seq, "did:plc:bob", "the frame was refused", "P0001", *frame},
      partial);
}

[[nodiscard]] db::outcome<db::apply_report>
quarantine_whole(db::connection& on, const db::batch& batch, const frame_bytes& frame) {
  db::partial_report partial;
  return db::quarantine_frame(
      on, {}, batch, {batch.last_seq, "did:plc:bob", "the frame was refused", "P0001", *frame},
      partial);
}

[[nodiscard]] std::vector<std::string> dead_letter_paths(db::connection& on) {
  std::vector<std::string> out;
  for (const auto& each : must(db::list_dead_letters(on, 0, 100)))
    out.push_back(each.path);
  return out;
}

[[nodiscard]] std::map<std::string, std::string> rows_after(const scenario& of) {
  index_target target;
  target.apply(of.before, 10);
  const auto batch = target.batch_of({of.frame});
  REQUIRE(db::apply_batch(target.connection, {}, batch));
  return target.fingerprints();
}

const std::vector<std::string> none{};

} // namespace

TEST_CASE(
    "only the operations at fault of a rejected frame are quarantined, and they can be retried") {
  const auto bad = GENERATE(std::vector<std::size_t>{0}, std::vector<std::size_t>{3},
                            std::vector<std::size_t>{8}, std::vector<std::size_t>{1, 4},
                            std::vector<std::size_t>{0, 2, 5, 6},
                            std::vector<std::size_t>{0, 1, 2, 3, 4, 5, 6, 7, 8});
  CAPTURE(bad);
  const scenario given;
  index_target target;
  auto& on = target.connection;
  target.apply(given.before, 10);
  refuse_rows(on);
  std::vector<std::string> paths;
  for (const auto at : bad) {
    paths.push_back(given.all[at].path);
    refuse(on, given.all[at].block ? cid_of(*given.all[at].block) : given.old.cid);
  }
  const auto batch = target.batch_of({given.frame});
  const auto refused = db::apply_batch(on, {}, batch);
  REQUIRE_FALSE(refused);
  REQUIRE(refused.error().cls == db::error_class::poison);

  const auto report = must(bisect(on, batch, given.frame));
  CHECK(report.quarantined.size() == bad.size());
  CHECK(dead_letter_paths(on) == paths);
  CHECK(value(on, "SELECT bool_and(did = 'did:plc:bob' AND seq = 3 AND sqlstate = 'P0001' AND "
                  "reason LIKE '%refused for a test%' AND length(bytes) > 500)::text FROM "
                  "dead_letters") == "true");
  CHECK(value(on, "SELECT seq::text FROM firehose_cursor") == "3");
  CHECK(differing(target.fingerprints(), rows_after(scenario{bad})) == none);

  // Again: a shard repeats the job if it got no answer.
  const auto again = must(bisect(on, batch, given.frame));
  CHECK(again.already_applied);
  CHECK(again.quarantined.size() == bad.size());
  CHECK(dead_letter_paths(on) == paths);

  must(on.exec_script("DELETE FROM refused"));
  for (const auto& letter : must(db::list_dead_letters(on, 0, 100))) {
    const auto done = must(db::retry_dead_letter(on, {}, "test", target.writer.node, letter.id));
    CHECK(done.applied);
    CHECK(done.why.empty());
  }
  CHECK(dead_letter_paths(on).empty());
  CHECK(differing(target.fingerprints(), rows_after(given)) == none);
}

TEST_CASE("an operation without the columns of its collection is quarantined alone") {
  const scenario given;
  index_target target;
  auto& on = target.connection;
  target.apply(given.before, 10);
  auto batch = target.batch_of({given.frame});
  constexpr std::size_t like = 2;
  batch.ops[like].columns = db::post_row{};
  const auto refused = db::apply_batch(on, {}, batch);
  REQUIRE_FALSE(refused);
  REQUIRE(refused.error().cls == db::error_class::poison);
  must(bisect(on, batch, given.frame));
  CHECK(dead_letter_paths(on) == std::vector{given.all[like].path});
  CHECK(differing(target.fingerprints(), rows_after(scenario{{like}})) == none);
}

TEST_CASE("a quarantined operation is not applied after a newer commit of its repo") {
  scenario given;
  index_target target;
  auto& on = target.connection;
  target.apply(given.before, 10);
  refuse_rows(on);
  refuse(on, cid_of(*given.all[0].block));
  must(bisect(on, target.batch_of({given.frame}), given.frame));
  must(on.exec_script("DELETE FROM refused"));
  given.events.post("bob", "p9");
  must(db::apply_batch(on, {}, target.batch_of(given.events.take())));
  const auto letter = must(db::list_dead_letters(on, 0, 1)).at(0);
  const auto done = must(db::retry_dead_letter(on, {}, "test", target.writer.node, letter.id));
  CHECK_FALSE(done.applied);
  CHECK_THAT(done.why, Catch::Contains("newer commit"));
  CHECK(dead_letter_paths(on).size() == 1);
}

TEST_CASE("a quarantined operation is not applied after the deletion of its account") {
  scenario given;
  index_target target;
  auto& on = target.connection;
  target.apply(given.before, 10);
  SECTION("one operation of a frame") {
    refuse_rows(on);
    refuse(on, cid_of(*given.all[2].block));
    must(bisect(on, target.batch_of({given.frame}), given.frame));
    must(on.exec_script("DELETE FROM refused"));
  }
  SECTION("the whole frame") {
    must(quarantine_whole(on, target.batch_of({given.frame}), given.frame));
  }
  given.events.account("bob", false, "deleted");
  must(db::apply_batch(on, {}, target.batch_of(given.events.take())));
  const auto before = target.fingerprints();
  const auto letter = must(db::list_dead_letters(on, 0, 1)).at(0);
  const auto done = must(db::retry_dead_letter(on, {}, "test", target.writer.node, letter.id));
  CHECK_FALSE(done.applied);
  CHECK_THAT(done.why, Catch::Contains("deleted since"));
  CHECK(differing(target.fingerprints(), before) == none);
  CHECK(dead_letter_paths(on).size() == 1);
}

TEST_CASE("a frame with too many rejected operations is quarantined as a whole") {
  firehose_builder events;
  std::vector<change> posts;
  const std::size_t refused = db::max_dead_letters_per_frame + GENERATE(0U, 1U);
  for (std::size_t i = 0; i < 150; ++i)
    posts.push_back({"create", fmt::format("app.bsky.feed.post/p{}", i),
                     block_of({{"$type", "app.bsky.feed.post"},
                               {"text", i % 7 == 0 && i / 7 < refused ? "bad" : "good"},
                               {"createdAt", record_time}})});
  events.post("bob", "p");
  index_target target;
  target.apply(events.take(), 10);
  events.commit("bob", posts);
  const auto frame = events.take().at(0);
  auto& on = target.connection;
  must(on.exec_script("ALTER TABLE posts ADD CHECK (text <> 'bad')"));
  const auto report = must(bisect(on, target.batch_of({frame}), frame));
  const bool kept_as_one = refused > db::max_dead_letters_per_frame;
  CHECK(report.quarantined.size() == (kept_as_one ? 1 : refused));
  CHECK(dead_letter_paths(on).front().empty() == kept_as_one);
  CHECK(target.count("posts") == static_cast<std::int64_t>(kept_as_one ? 1 : 151 - refused));
  CHECK(value(on, "SELECT seq::text FROM firehose_cursor") == "2");
}

TEST_CASE("a frame that is rejected only as a whole is quarantined as a whole") {
  const scenario given;
  index_target target;
  auto& on = target.connection;
  target.apply(given.before, 10);
  const auto before = target.fingerprints();
  // At COMMIT, where the error does not depend on a single operation.
  must(on.exec_script(
      "CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''too "
      "late''; END'; CREATE CONSTRAINT TRIGGER late AFTER INSERT ON follows DEFERRABLE INITIALLY "
      "DEFERRED FOR EACH ROW EXECUTE FUNCTION late()"));
  const auto batch = target.batch_of({given.frame});
  const auto report = must(bisect(on, batch, given.frame));
  CHECK(report.quarantined.size() == 1);
  CHECK(dead_letter_paths(on) == std::vector<std::string>{""});
  CHECK(value(on, "SELECT reason FROM dead_letters") == "the frame was refused");
  CHECK(value(on, "SELECT seq::text FROM firehose_cursor") == "3");
  CHECK(differing(target.fingerprints(), before) == none);

  must(on.exec_script("DROP TRIGGER late ON follows"));
  const auto letter = must(db::list_dead_letters(on, 0, 1)).at(0);
  CHECK(must(db::retry_dead_letter(on, {}, "test", target.writer.node, letter.id)).applied);
  CHECK(differing(target.fingerprints(), rows_after(given)) == none);
}

TEST_CASE("the next try reports what was committed if the answer to COMMIT was lost") {
  const scenario given;
  proxied_database database;
  index_target target(database.conninfo);
  auto& on = target.connection;
  target.apply(given.before, 10);
  refuse_rows(on);
  refuse(on, cid_of(*given.all[2].block));
  const auto batch = target.batch_of({given.frame});
  const bool carried_out = GENERATE(true, false);
  if (carried_out)
    database.proxy->cut_after_commit(1);
  else
    database.proxy->cut_before_commit(1);
  db::partial_report partial;
  const db::job job = db::bisect_job{std::make_shared<const db::batch>(batch),
                                     {batch.last_seq, "did:plc:bob", "no", "P0001", *given.frame}};
  const auto lost = db::run_job(on, {}, job, partial);
  REQUIRE_FALSE(lost);
  CHECK(lost.error().cls == db::error_class::commit_unknown);
  REQUIRE(partial.unconfirmed);
  CHECK(partial.unconfirmed->quarantined.size() == 1);
  must(on.reconnect(std::chrono::seconds{30}));
  db::partial_report nothing;
  const auto next = db::run_job(on, {}, job, nothing);
  REQUIRE(next);
  const auto& report = std::get<db::apply_report>(*next);
  CHECK(report.already_applied == carried_out);
  CHECK(report.quarantined.size() == 1);
  if (!carried_out)
    CHECK(report.ops == partial.unconfirmed->ops);
}

TEST_CASE("bisecting a frame is fenced") {
  const scenario given;
  index_target target;
  target.apply(given.before, 10);
  auto batch = target.batch_of({given.frame});
  --batch.token;
  const auto done = bisect(target.connection, batch, given.frame);
  REQUIRE_FALSE(done);
  CHECK(done.error().sqlstate == db::fenced_state);
  CHECK(dead_letter_paths(target.connection).empty());
}
