// Everything in this folder against a real firehose: the sample that is bundled with the sources.

#include "atproto/cbor/cbor_document.hpp"
#include "atproto/cbor/json_codec.hpp"
#include "atproto/frame/frame.hpp"
#include "atproto/repo/car.hpp"
#include "atproto/repo/mst.hpp"
#include "atproto/repo/repo_commit.hpp"
#include "fixtures.hpp"
#include "sample_frames.hpp"

#include <catch2/catch.hpp>
#include <map>

using namespace prism;
using namespace prism::atproto;

namespace {

const test::sample_frames& sample() {
  static const test::sample_frames frames{PRISM_SOURCE_DIR "/sample/small.frames.zst"};
  return frames;
}

template <class F>
void each_commit(F&& use) {
  sample().each([&](std::span<const std::byte> bytes) {
    const auto decoded = decode_frame(bytes).value();
    if (const auto* commit = std::get_if<commit_frame>(&decoded)) {
      INFO("seq " << commit->seq);
      use(*commit, car_view::parse(commit->blocks).value());
    }
  });
}

} // namespace

TEST_CASE("every frame of the sample decodes, and peek_frame agrees") {
  std::map<std::string, std::int64_t> kinds;
  std::int64_t ops = 0;
  std::int64_t last_seq = 0;
  sample().each([&](std::span<const std::byte> bytes) {
    const auto glance = peek_frame(bytes);
    const auto decoded = decode_frame(bytes);
    INFO((decoded ? "" : decoded.error().message));
    REQUIRE(glance);
    REQUIRE(decoded);
    ++kinds['#' + std::string{to_string(glance->kind)}];
    const auto agree = [&](std::int64_t seq, std::string_view did) {
      CHECK(glance->seq == seq);
      CHECK(glance->did == did);
      CHECK(seq > last_seq);
      last_seq = seq;
    };
    if (const auto* commit = std::get_if<commit_frame>(&*decoded)) {
      CHECK(glance->kind == frame_kind::commit);
      agree(commit->seq, commit->repo);
      ops += static_cast<std::int64_t>(commit->ops.size());
    } else if (const auto* identity = std::get_if<identity_frame>(&*decoded)) {
      CHECK(glance->kind == frame_kind::identity);
      agree(identity->seq, identity->did);
    } else if (const auto* account = std::get_if<account_frame>(&*decoded)) {
      CHECK(glance->kind == frame_kind::account);
      agree(account->seq, account->did);
    } else if (const auto* sync = std::get_if<sync_frame>(&*decoded)) {
      CHECK(glance->kind == frame_kind::sync);
      agree(sync->seq, sync->did);
    } else {
      FAIL("a frame of another kind");
    }
  });
  const auto meta = boost::json::parse(test::read_source_file("sample/small.meta.json"));
  for (const auto& [kind, count] : meta.at("types").as_object())
    CHECK(kinds[std::string{kind}] == count.as_int64());
  CHECK(ops == meta.at("ops").as_int64());
  CHECK(last_seq == meta.at("lastSeq").as_int64());
}

TEST_CASE("every commit of the sample has its CAR, and in it what its operations name") {
  std::size_t records = 0;
  each_commit([&](const commit_frame& frame, const car_view& car) {
    CHECK(car.root() == frame.commit);
    for (const auto& op : frame.ops) {
      if (op.record) {
        const auto block = car.find(*op.record);
        REQUIRE(block);
        CHECK(cid::of_dag_cbor(*block) == *op.record);
        ++records;
      }
    }
  });
  CHECK(records > 3000);
}

TEST_CASE("every record of the sample survives JSON, to the byte") {
  each_commit([&](const commit_frame& frame, const car_view& car) {
    for (const auto& op : frame.ops) {
      if (!op.record)
        continue;
      const auto block = car.find(*op.record).value();
      const auto document = cbor_document::parse(block);
      INFO(op.path << (document ? "" : document.error().message));
      REQUIRE(document);
      const auto text = boost::json::serialize(to_json(document->root()));
      const auto again = from_json(boost::json::parse(text));
      REQUIRE(again);
      CHECK(std::ranges::equal(*again, block));
    }
  });
}

TEST_CASE("every commit object of the sample agrees with its frame") {
  each_commit([&](const commit_frame& frame, const car_view& car) {
    const auto commit = decode_repo_commit(car.find(frame.commit).value());
    INFO((commit ? "" : commit.error().message));
    REQUIRE(commit);
    CHECK(commit->did == frame.repo);
    CHECK(commit->rev == frame.rev);
    CHECK(commit->sig.size() == 64);
  });
}

TEST_CASE("every tree of the sample, partial as it is, has the operations' records in it") {
  each_commit([&](const commit_frame& frame, const car_view& car) {
    const auto commit = decode_repo_commit(car.find(frame.commit).value()).value();
    std::map<std::string, cid, std::less<>> entries;
    const auto walked = walk_mst(car, commit.data, [&](std::string_view path, const cid& record) {
      entries.emplace(path, record);
    });
    INFO((walked ? "" : walked.error().message));
    REQUIRE(walked);
    CHECK(walked->entries == entries.size());
    for (const auto& op : frame.ops) {
      const auto entry = entries.find(op.path);
      INFO(op.path);
      if (op.record) {
        REQUIRE(entry != entries.end());
        CHECK(entry->second == *op.record);
      } else {
        CHECK(entry == entries.end());
      }
    }
  });
}

TEST_CASE("every sync event of the sample carries the commit object") {
  sample().each([](std::span<const std::byte> bytes) {
    const auto decoded = decode_frame(bytes).value();
    if (const auto* event = std::get_if<sync_frame>(&decoded)) {
      const auto car = car_view::parse(event->blocks).value();
      const auto commit = decode_repo_commit(car.find(car.root()).value()).value();
      CHECK(commit.did == event->did);
      CHECK(commit.rev == event->rev);
    }
  });
}
