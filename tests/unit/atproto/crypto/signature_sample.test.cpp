// Keys and signatures against a real firehose: the sample that is bundled with the sources.

#include "atproto/crypto/signature.hpp"
#include "atproto/frame/frame.hpp"
#include "atproto/identity/did_document.hpp"
#include "atproto/repo/car.hpp"
#include "atproto/repo/repo_commit.hpp"
#include "tests/unit/atproto/fixtures.hpp"
#include "tests/unit/atproto/sample_frames.hpp"

#include <catch2/catch.hpp>
#include <map>

using namespace prism;
using namespace prism::atproto;

namespace {

std::map<std::string, did_document, std::less<>> sample_documents() {
  std::map<std::string, did_document, std::less<>> result;
  const auto documents = boost::json::parse(test::read_source_file("sample/small.dids.json"));
  for (const auto& [did, json] : documents.as_object()) {
    auto document = did_document::parse(boost::json::serialize(json)).value();
    CHECK(document.did == std::string_view{did});
    CHECK(document.handle);
    CHECK(document.pds);
    REQUIRE(document.signing_key);
    result.emplace(document.did, std::move(document));
  }
  return result;
}

} // namespace

TEST_CASE("every commit of the sample is signed by the key in its DID document") {
  const auto documents = sample_documents();
  int verified = 0;
  test::sample_frames{PRISM_SOURCE_DIR "/sample/small.frames.zst"}.each(
      [&](std::span<const std::byte> bytes) {
        const auto frame = decode_frame(bytes).value();
        const auto* commit = std::get_if<commit_frame>(&frame);
        if (commit == nullptr)
          return;
        INFO("seq " << commit->seq);
        const auto car = car_view::parse(commit->blocks).value();
        const auto block = car.find(commit->commit).value();
        const auto signature = decode_repo_commit(block).value().sig;
        auto message = unsigned_repo_commit(block).value();
        const auto& key = documents.find(commit->repo)->second.signing_key.value();
        CHECK(verify_signature(key, message, signature));
        message.back() ^= std::byte{1};
        CHECK_FALSE(verify_signature(key, message, signature));
        ++verified;
      });
  CHECK(verified > 3000);
}
