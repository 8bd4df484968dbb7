#include "corpus.hpp"

#include "atproto/identity/did_document.hpp"
#include "tests/support/pg_fixture.hpp"
#include "tools/prism-synth/corpus_writer.hpp"

#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>

namespace prism::test {

synth_corpus make_corpus(synth::options how) {
  const scratch_directory directory;
  how.base = directory.path() / "made";
  const auto made = synth::write_corpus(how);
  REQUIRE(made);
  synth_corpus out;
  for (const auto* ending :
       {".frames.zst", ".oracle.rows.jsonl.zst", ".dids.json", ".handles.json", ".meta.json"}) {
    std::ifstream file(how.base + ending, std::ios::binary);
    out.files[ending] = {std::istreambuf_iterator<char>{file}, {}};
    REQUIRE(!out.files[ending].empty());
  }
  auto frames = net::read_corpus(how.base + ".frames.zst");
  REQUIRE(frames);
  out.frames = std::move(*frames);
  REQUIRE(out.frames.size() == made->frames);
  const auto documents = boost::json::parse(out.files[".dids.json"]);
  for (const auto& [did, document] : documents.as_object()) {
    const auto parsed = atproto::did_document::parse(boost::json::serialize(document));
    REQUIRE(parsed);
    REQUIRE(parsed->signing_key);
    out.keys.emplace(did, *parsed->signing_key);
  }
  return out;
}

} // namespace prism::test
