// Our validator against the official AppView: which records of the bundled firehose are refused.

#include "atproto/cbor/cbor_document.hpp"
#include "atproto/frame/frame.hpp"
#include "atproto/lexicon/lexicon.hpp"
#include "atproto/repo/car.hpp"
#include "tests/unit/atproto/fixtures.hpp"
#include "tests/unit/atproto/sample_frames.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <map>

using namespace prism;
using namespace prism::atproto;

namespace {

using refusals = std::map<std::string, std::string>; // by seq and uri

// What the AppView's sentence says in our terms.
std::string rule_of(const std::string& cause) {
  const std::pair<const char*, lexicon_rule> beginnings[] = {
      {"Missing required key", lexicon_rule::missing_field},
      {"string too big", lexicon_rule::string_too_long},
      {"grapheme too big", lexicon_rule::too_many_graphemes},
      {"array too big", lexicon_rule::array_too_long},
      {"Invalid ", lexicon_rule::bad_format},
  };
  for (const auto& [beginning, rule] : beginnings)
    if (cause.starts_with(beginning))
      return fmt::format("{} {}", to_string(rule), cause.substr(cause.rfind(" at ") + 4));
  return cause;
}

refusals official() {
  refusals result;
  const auto errors = boost::json::parse(test::read_source_file("sample/small.oracle.errors.json"));
  for (const auto& error : errors.as_array()) {
    result.emplace(fmt::format("{} {}", error.at("seq").as_int64(), test::text_of(error.at("uri"))),
                   rule_of(test::text_of(error.at("cause"))));
  }
  return result;
}

void validate(const lexicon_catalog& catalog, const commit_frame& commit, refusals& refused,
              int& validated) {
  const auto car = car_view::parse(commit.blocks).value();
  for (const auto& op : commit.ops) {
    if (!op.record || !op.collection.starts_with("app.bsky."))
      continue;
    ++validated;
    const auto record = cbor_document::parse(car.find(*op.record).value()).value();
    const auto result = catalog.validate_record(op.collection, record.root());
    CHECK(catalog.contains(op.collection));
    if (!result) {
      refused.emplace(fmt::format("{} at://{}/{}", commit.seq, commit.repo, op.path),
                      fmt::format("{} {}", to_string(result.error().rule), result.error().path));
    }
  }
}

} // namespace

TEST_CASE("exactly the records which the official AppView refused are refused, for its reasons") {
  const auto catalog = lexicon_catalog::compile(embedded_lexicons()).value();
  refusals refused;
  int validated = 0;
  test::sample_frames{PRISM_SOURCE_DIR "/sample/small.frames.zst"}.each(
      [&](std::span<const std::byte> bytes) {
        const auto frame = decode_frame(bytes).value();
        if (const auto* commit = std::get_if<commit_frame>(&frame))
          validate(catalog, *commit, refused, validated);
      });
  CHECK(validated > 3000);
  CHECK(refused == official());
}
