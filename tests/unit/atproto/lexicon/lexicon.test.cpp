#include "atproto/lexicon/lexicon.hpp"

#include "lexicon_maker.hpp"
#include "tests/unit/atproto/fixtures.hpp"

#include <catch2/catch.hpp>
#include <set>

using namespace prism;
using namespace prism::atproto;

namespace {

std::string compile(std::initializer_list<std::string> documents) {
  std::vector<lexicon_text> texts;
  for (const auto& document : documents)
    texts.push_back({"file.json", document});
  const auto catalog = lexicon_catalog::compile(texts);
  return catalog ? "ok" : catalog.error().message;
}

std::string document(const std::string& defs, const std::string& id = "com.example.thing") {
  return R"({"lexicon": 1, "id": ")" + id + R"(", "defs": {)" + defs + "}}";
}

// A record with one property `p`.
std::string record(const std::string& property, const std::string& more_defs = "") {
  return document(
      R"("main": {"type": "record", "key": "tid", "record": {"type": "object", "properties": {"p": )" +
      property + "}}}" + more_defs);
}

} // namespace

TEST_CASE("the embedded lexicons are the files of the folder, and compile") {
  std::set<std::string_view> names;
  for (const auto& text : embedded_lexicons()) {
    INFO(text.name);
    CHECK(text.json == test::read_source_file("lexicons/" + std::string{text.name}));
    names.insert(text.name);
  }
  CHECK(names.size() == embedded_lexicons().size());
  CHECK(names.contains("app/bsky/feed/post.json"));
  const auto catalog = lexicon_catalog::compile(embedded_lexicons());
  INFO((catalog ? "" : catalog.error().message));
  REQUIRE(catalog);
  for (const auto* collection : {"app.bsky.actor.contentVisibilityDeclaration",
                                 "app.bsky.actor.profile",
                                 "app.bsky.actor.status",
                                 "app.bsky.feed.generator",
                                 "app.bsky.feed.like",
                                 "app.bsky.feed.post",
                                 "app.bsky.feed.postgate",
                                 "app.bsky.feed.repost",
                                 "app.bsky.feed.threadgate",
                                 "app.bsky.graph.block",
                                 "app.bsky.graph.follow",
                                 "app.bsky.graph.list",
                                 "app.bsky.graph.listblock",
                                 "app.bsky.graph.listitem",
                                 "app.bsky.graph.referencelistoptout",
                                 "app.bsky.graph.starterpack",
                                 "app.bsky.graph.verification",
                                 "app.bsky.labeler.service",
                                 "app.bsky.notification.declaration",
                                 "chat.bsky.actor.declaration"}) {
    INFO(collection);
    CHECK(catalog->contains(collection));
  }
  CHECK_FALSE(catalog->contains("app.bsky.embed.images"));
  CHECK_FALSE(catalog->contains(""));
}

TEST_CASE("a record of a collection without a lexicon is rejected with that reason") {
  const auto catalog = lexicon_catalog::compile(embedded_lexicons()).value();
  CHECK(test::validation_result_of_text(catalog, "com.example.thing", "{}") ==
        "unknown_collection $");
}

TEST_CASE("a violation reads as one line") {
  const auto catalog = lexicon_catalog::compile(embedded_lexicons()).value();
  const auto bytes =
      from_json(boost::json::parse(R"({"text": ")" + std::string(4000, 'x') + R"("})")).value();
  const auto parsed = cbor_document::parse(bytes).value();
  const auto result = catalog.validate_record("app.bsky.feed.post", parsed.root());
  REQUIRE_FALSE(result);
  CHECK(result.error().to_string() == "string_too_long at $.text: 4000 bytes, at most 3000");
}

TEST_CASE("schemas may refer to each other in circles") {
  const auto text = document(
      R"("main": {"type": "record", "key": "tid",
                  "record": {"type": "object", "properties": {"tree": {"type": "ref", "ref": "#tree"}}}},
         "tree": {"type": "object", "required": ["n"], "properties": {
           "n": {"type": "integer"},
           "children": {"type": "array", "items": {"type": "ref", "ref": "com.example.thing#tree"}}}})");
  const auto catalog =
      lexicon_catalog::compile(std::array{lexicon_text{"file.json", text}}).value();
  CHECK(test::validation_result_of_text(catalog, "com.example.thing",
                                        R"({"$type": "com.example.thing",
                          "tree": {"n": 1, "children": [{"n": 2}, {"n": 3, "children": []}]}})") ==
        "ok");
  CHECK(test::validation_result_of_text(
            catalog, "com.example.thing",
            R"({"tree": {"n": 1, "children": [{"n": 2}, {"children": []}]}})") ==
        "missing_field $.tree.children[1]");
}

TEST_CASE("references reach other documents, with or without the prefix lex:") {
  const auto other = document(R"("main": {"type": "object", "properties": {}},
                                 "word": {"type": "string", "maxLength": 3})",
                              "com.example.other");
  CHECK(compile({record(R"({"type": "ref", "ref": "com.example.other"})"), other}) == "ok");
  CHECK(compile({record(R"({"type": "ref", "ref": "lex:com.example.other#word"})"), other}) ==
        "ok");
}

TEST_CASE("a lexicon that cannot be understood is an error with its place") {
  using Catch::Contains;
  const auto check = [](const std::string& text, const std::string& part) {
    INFO(text);
    CHECK_THAT(compile({text}), Contains("file.json") && Contains(part));
  };
  check("{", "incomplete");
  check("[]", "object");
  check(R"({"lexicon": 2, "id": "a.b.c", "defs": {}})", "'lexicon'");
  check(R"({"lexicon": "1", "id": "a.b.c", "defs": {}})", "'lexicon'");
  check(R"({"lexicon": 1, "id": "one-two-three", "defs": {}})", "NSID");
  check(R"({"lexicon": 1, "id": "a.b.c", "defs": []})", "'defs'");
  check(record(R"({"type": "ref", "ref": "com.example.gone#x"})"), "'com.example.gone#x'");
  check(record(R"({"type": "ref", "ref": "#gone"})"), "'com.example.thing#gone'");
  check(record(R"({"type": "union", "refs": ["com.example.gone"]})"), "'com.example.gone'");
  check(record(R"({"type": "ref"})"), "'ref' is missing");
  check(record(R"({"type": "float"})"), "unknown type 'float'");
  check(record(R"({})"), "'type' is missing");
  check(record(R"(1)"), "#main.p");
  check(record(R"({"type": "string", "format": "iban"})"), "'iban'");
  check(record(R"({"type": "string", "maxLength": "9"})"), "'maxLength'");
  check(record(R"({"type": "string", "maxLength": -1})"), "negative");
  check(record(R"({"type": "string", "minLength": 2, "maxLength": 1})"), "'minLength'");
  check(record(R"({"type": "integer", "enum": ["a"]})"), "no integer");
  check(record(R"({"type": "blob", "accept": []})"), "'accept'");
  check(record(R"({"type": "array"})"), "'items'");
  check(record(R"({"type": "array", "items": {"type": "strin"}})"), "#main.p[]");
  check(record(R"({"type": "union", "closed": 1, "refs": []})"), "'closed'");
  check(record(R"({"type": "ref", "ref": "#u"})", R"(, "u": {"type": "unknown"})"), "#u");
  check(record(R"({"type": "ref", "ref": "#r"})", R"(, "r": {"type": "ref", "ref": "#main"})"),
        "'ref'");
  check(record(R"({"type": "ref", "ref": "#r"})",
               R"(, "r": {"type": "record", "record": {"type": "object"}})"),
        "'main'");
  check(record(R"({"type": "union", "refs": ["#s"]})", R"(, "s": {"type": "string"})"), "union");
  check(document(R"("main": {"type": "record", "key": "uuid", "record": {"type": "object"}})"),
        "'key'");
  check(document(R"("main": {"type": "record", "record": {"type": "array"}})"), "'record'");
  check(document(R"("main": {"type": "record", "record": {"required": ["a"], "properties": {}}})"),
        "'a'");
}

TEST_CASE("a document given twice is an error") {
  CHECK_THAT(compile({record(R"({"type": "null"})"), record(R"({"type": "boolean"})")}),
             Catch::Contains("already"));
}
