#include "atproto/cbor/cbor.hpp"
#include "atproto/cbor/json_codec.hpp"
#include "atproto/frame/frame.hpp"
#include "atproto/repo/car.hpp"
#include "db/reads/stored_records.hpp"
#include "tests/integration/firehose_builder.hpp"
#include "tests/integration/indexing.hpp"
#include "tools/replay/corpus_file.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <random>

// Real records, mutated at random places into unusual values. Each is stored so that it is read
// back byte for byte, or rejected with a reason; the valid record beside it is always stored.

using namespace prism;
using namespace prism::test;

namespace {

using json = boost::json::value;
using bytes = std::vector<std::byte>;
using dice = std::mt19937;

[[nodiscard]] std::size_t roll(dice& of, std::size_t sides) {
  return std::uniform_int_distribution<std::size_t>{0, sides - 1}(of);
}

struct sample_record {
  std::string did;
  std::string path;
  json record;
};

[[nodiscard]] json parse(std::span<const std::byte> block) {
  return atproto::to_json(atproto::cbor_document::parse(block).value().root());
}

/// Some records of each collection of the sample.
[[nodiscard]] std::vector<sample_record> sample_records() {
  constexpr int of_each = 12;
  std::vector<sample_record> out;
  std::map<std::string, int> taken;
  const auto corpus = net::read_corpus(PRISM_SOURCE_DIR "/sample/small.frames.zst").value();
  for (const auto& data : corpus) {
    const auto frame = atproto::decode_frame(*data).value();
    const auto* commit = std::get_if<atproto::commit_frame>(&frame);
    if (commit == nullptr)
      continue;
    const auto car = atproto::car_view::parse(commit->blocks).value();
    for (const auto& op : commit->ops) {
      const bool known = atproto::collection_of(op.collection) != atproto::collection::other;
      if (op.record && known && taken[std::string{op.collection}]++ < of_each)
        out.push_back(
            {std::string{commit->repo}, std::string{op.path}, parse(car.find(*op.record).value())});
    }
  }
  return out;
}

[[nodiscard]] std::string text_of_bytes(dice& of, std::size_t max_size) {
  static const std::vector<std::string> letters{std::string(1, '\0'),
                                                "\\",
                                                "\"",
                                                "'",
                                                "{",
                                                "}",
                                                "\n",
                                                "a",
                                                "\xC3\xA9",
                                                "\x7f",
                                                "$",
                                                "/",
                                                "\xF0\x9F\x94\xA5",
                                                "#",
                                                "\xEF\xBF\xBD",
                                                ":",
                                                "\x01",
                                                "u0000"};
  std::string out;
  for (auto n = roll(of, max_size); n > 0; --n)
    out += letters[roll(of, letters.size())];
  return out;
}

[[nodiscard]] json nasty(dice& of, std::size_t depth = 0) {
  switch (roll(of, depth > 3 ? 9 : 12)) {
  case 0:
    return nullptr;
  case 1:
    return roll(of, 2) == 0;
  case 2:
    return std::array{INT64_MIN, INT64_MAX, std::int64_t{0}, std::int64_t{-1},
                      std::int64_t{1} << 53}[roll(of, 5)];
  case 3:
    return json(std::array{"at://did:plc:x/app.bsky.feed.post/1", "at://alice.test/a.b.c/1#/x",
                           "did:web:example.com", "2026-01-01T00:00:00.000001+01:00",
                           "0000-01-01T00:00:00Z", "app.bsky.feed.post", "de", "",
                           "app.bsky.feed.threadgate#mentionRule"}[roll(of, 9)]);
  case 4:
    return json(text_of_bytes(of, 3000));
  case 5:
  case 6:
  case 7:
    return json(text_of_bytes(of, 12));
  case 8:
    return boost::json::object{{"$bytes", "AAEC"}};
  case 9: {
    boost::json::array out;
    for (auto n = roll(of, 4); n > 0; --n)
      out.push_back(nasty(of, depth + 1));
    return out;
  }
  default: {
    boost::json::object out;
    for (auto n = roll(of, 4); n > 0; --n)
      out[text_of_bytes(of, 4)] = nasty(of, depth + 1);
    return out;
  }
  }
}

/// Changes one place at random, deeper with every second roll.
void mutate(json& value, dice& of) {
  if (auto* object = value.if_object(); object != nullptr && !object->empty()) {
    auto* const member = object->begin() + static_cast<std::ptrdiff_t>(roll(of, object->size()));
    switch (roll(of, 6)) {
    case 0:
      (*object)[text_of_bytes(of, 6)] = nasty(of);
      return;
    case 1:
      object->erase(member);
      return;
    case 2:
      member->value() = nasty(of);
      return;
    default:
      return mutate(member->value(), of);
    }
  }
  if (auto* array = value.if_array(); array != nullptr && !array->empty()) {
    auto& item = (*array)[roll(of, array->size())];
    switch (roll(of, 4)) {
    case 0:
      array->push_back(json(item));
      return;
    case 1:
      item = nasty(of);
      return;
    default:
      return mutate(item, of);
    }
  }
  if (auto* text = value.if_string(); text != nullptr && roll(of, 2) == 0) {
    const auto more = text_of_bytes(of, 5);
    text->append(more);
    return;
  }
  value = nasty(of);
}

/// The record in another repo: every occurrence of its own DID is replaced.
[[nodiscard]] json moved(const sample_record& from, const std::string& did) {
  auto text = boost::json::serialize(from.record);
  for (auto at = text.find(from.did); at != std::string::npos; at = text.find(from.did, at))
    text.replace(at, from.did.size(), did);
  return boost::json::parse(text);
}

/// A mutated record that can still be encoded in CBOR; sometimes a block with a changed byte.
[[nodiscard]] std::optional<bytes> mutant(const sample_record& from, const std::string& did,
                                          dice& of) {
  auto record = moved(from, did);
  for (auto n = 1 + roll(of, 3); n > 0; --n)
    mutate(record, of);
  auto block = atproto::from_json(record);
  if (!block)
    return std::nullopt;
  if (roll(of, 20) == 0)
    (*block)[roll(of, block->size())] ^= static_cast<std::byte>(1U << roll(of, 8));
  return std::move(*block);
}

} // namespace

TEST_CASE("a mutated record is stored whole or rejected with a reason, and others are stored") {
  const auto seed = GENERATE(range(1U, 5U));
  INFO("seed " << seed);
  dice of{seed};
  static const auto samples = sample_records();
  firehose_builder events;
  std::map<std::string, bytes> sent; // by path in the repos, with the DID before it
  constexpr std::size_t mutants = 400;
  std::size_t built = 0;
  while (built < mutants) {
    const auto& from = samples[roll(of, samples.size())];
    const auto who = fmt::format("mutant{}", built);
    auto block = mutant(from, did_of(who), of);
    if (!block)
      continue;
    ++built;
    const auto good =
        block_of({{"$type", "app.bsky.feed.post"}, {"text", who}, {"createdAt", record_time}});
    sent[fmt::format("at://{}/{}", did_of(who), from.path)] = *block;
    events.commit(who, {{"create", from.path, std::move(*block)},
                        {"create", "app.bsky.feed.post/good", good}});
  }
  index_target target;
  target.apply(events.take(), 1 + roll(of, 200));
  CHECK(target.count("posts p JOIN uris u ON u.id = p.id WHERE u.rkey = 'good'") == mutants);

  std::size_t stored = 0;
  for (std::size_t i = 1; i < atproto::collection_count; ++i) {
    const auto kind = static_cast<atproto::collection>(i);
    const auto visited =
        db::for_each_stored_record(target.connection, kind, [&](const db::stored_record& each) {
          if (each.rkey == "good")
            return;
          const auto uri =
              fmt::format("at://{}/{}/{}", each.did, atproto::nsid_of(kind), each.rkey);
          INFO(uri);
          REQUIRE(sent.contains(uri));
          CHECK(each.block == sent[uri]);
          CHECK(each.cid == cid_of(sent[uri]));
          ++stored;
        });
    if (!visited)
      FAIL(visited.error().message);
  }
  CHECK(stored + target.rejected.size() == mutants);
  // Both outcomes must be frequent, or the test would prove nothing.
  CHECK(stored > mutants / 10);
  CHECK(target.rejected.size() > mutants / 10);
  for (const auto& [reason, times] : target.reasons) {
    INFO(reason);
    CHECK(std::ranges::all_of(reason, [](char c) { return c == '_' || (c >= 'a' && c <= 'z'); }));
  }
}
