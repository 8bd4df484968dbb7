// Planted cases: accounts.

#include "tests/integration/explain/explained.hpp"

#include <boost/json.hpp>

using namespace prism;
using namespace prism::test;
using namespace std::chrono_literals;
using Catch::Contains;
using task_outcome = db::identity_result::task_outcome;

namespace {

/// Answers every lookup of the database.
void answer_lookups(explained& target, task_outcome what, const std::string& handle = {},
                    const std::string& why = {}) {
  const auto claimed =
      must(db::claim_identity_tasks(target.connection, target.writer.node, 10, 1min, {}));
  REQUIRE_FALSE(claimed.tasks.empty());
  std::vector<db::identity_result> results;
  for (const auto& each : claimed.tasks)
    results.push_back({each, what, handle, 5min, why});
  must(db::store_identity_results(target.connection, {}, results));
}

} // namespace

TEST_CASE("explain: an account that nothing names, and one that others name only") {
  explained target;
  static_cast<void>(target.events.follow("bob", "f1", "alice"));
  target.index();
  CHECK(target.verdict_of("did:plc:nobody") == "unknown_account");
  CHECK(target.verdict_of("nobody.example") == "unknown_account");
  CHECK(target.verdict_of("at://did:plc:nobody/app.bsky.feed.post/x") == "unknown_account");
  CHECK(target.verdict_of("did:plc:nobody", {.connected = false}) == "behind");
  CHECK(target.verdict_of(did_of("alice")) == "referenced_only");
}

TEST_CASE("explain: an identity waits, is confirmed, is refuted") {
  explained target;
  const auto p1 = target.events.post("alice", "p1");
  target.index();
  CHECK(target.verdict_of(did_of("alice")) == "handle_waiting");
  answer_lookups(target, task_outcome::failed, "", "no answer of plc.example");
  const auto waiting =
      target.why(did_of("alice"), {.identity_problem = "the circuit of pds.example is open"});
  CHECK(waiting.answer == verdict::handle_waiting);
  CHECK_THAT(waiting.sentence, Contains("1 try so far") && Contains("no answer of plc.example") &&
                                   Contains("pds.example is open"));
  // It does not keep the record away.
  CHECK(target.verdict_of(p1.uri) == "here");

  must(target.connection.exec_script("UPDATE identity_tasks SET due_at = now()"));
  answer_lookups(target, task_outcome::confirmed, "alice.example");
  const auto here = target.why(did_of("alice"));
  CHECK(here.answer == verdict::here);
  CHECK_THAT(here.sentence, Contains("alice.example"));
  // Every spelling of the authority finds it.
  for (const auto* text : {"alice.example", "Alice.Example", "at://alice.example",
                           "at://did:plc:alice", "at://did:plc:alice#/a/b"}) {
    CAPTURE(text);
    CHECK(target.why(text).uri == "at://did:plc:alice");
  }
  CHECK(target.why("at://alice.example/app.bsky.feed.post/p1").uri == p1.uri);
  CHECK(target.verdict_of("at://ALICE.example/app.bsky.feed.post/p1") == "here");

  target.events.identity("alice");
  target.index();
  answer_lookups(target, task_outcome::refuted);
  CHECK_THAT(detail(target.why(did_of("alice")), "its handle is confirmed", check_result::no),
             Contains("refuted"));
}

TEST_CASE("explain: the JSON has what the text shows") {
  explained target;
  const auto p1 = target.events.post("alice", "p1");
  target.index();
  const auto json = explanations::to_json(target.why(p1.uri));
  CHECK(json.at("verdict").as_string() == "here");
  CHECK(json.at("uri").as_string() == p1.uri);
  CHECK(json.at("truncated").as_bool() == false);
  const auto& checks = json.at("checks").as_array();
  CHECK(checks.at(0).at("result").as_string() == "yes");
  const auto text = explanations::to_text(boost::json::parse(serialize(json)).as_object());
  CHECK_THAT(text, Contains(p1.uri + ": here\n") && Contains("  yes     the record is stored"));
  CHECK_THAT(text, Contains("  -       its quote is allowed"));
}

TEST_CASE("explain: text is made of any JSON, without control characters") {
  const auto text = explanations::to_text(boost::json::parse(R"({
    "verdict": "new_one", "sentence": "a\u001b[31m\nb", "uri": 5, "checks": [1, {"what": null}],
    "rows": {"table": "x"}, "truncated": true})")
                                              .as_object());
  CHECK_THAT(text, Contains("5: new_one\na [31m b\n"));
  CHECK_THAT(text, Contains("more rows"));
  CHECK(text.find('\x1b') == std::string::npos);
}
