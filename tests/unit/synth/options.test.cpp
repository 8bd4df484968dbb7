// Rejected options of prism-synth, and the effect of --mix.

#include "atproto/frame/frame.hpp"
#include "corpus.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <set>

using namespace prism;

namespace {

[[nodiscard]] std::string refusal(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "prism-synth");
  const auto read = synth::read_options(static_cast<int>(arguments.size()), arguments.data());
  return read ? std::string{} : read.error().message;
}

} // namespace

TEST_CASE("prism-synth names the invalid option") {
  CHECK(refusal({"--base=x"}).empty());
  CHECK(refusal({"--base=x", "--ops=7", "--accounts=3", "--seed=0", "--oracle=no",
                 "--mix=like:2,leave:0.5"})
            .empty());
  CHECK(refusal({}).find("--base") != std::string::npos);
  CHECK(refusal({"--base=x", "--ops=0"}).find("--ops") != std::string::npos);
  CHECK(refusal({"--base=x", "--ops=7x"}).find("'7x'") != std::string::npos);
  CHECK(refusal({"--base=x", "--seed=-1"}).find("--seed") != std::string::npos);
  CHECK(refusal({"--base=x", "--oracle=2"}).find("--oracle") != std::string::npos);
  CHECK(refusal({"--base=x", "--mix=nothing:1"}).find("nothing") != std::string::npos);
  CHECK(refusal({"--base=x", "--mix=like"}).find("like") != std::string::npos);
  CHECK(refusal({"--base=x", "--mix=like:-1"}).find("-1") != std::string::npos);
  CHECK(
      refusal({"--rate=5", "--minutes=0.5", "--window=9", "--listen=127.0.0.1:0", "--port-file=p"})
          .empty());
  CHECK(refusal({"--base=x", "--rate=5"}).find("not both") != std::string::npos);
  CHECK(refusal({"--rate=0"}).find("--rate") != std::string::npos);
  CHECK(refusal({"--rate=1", "--minutes=0"}).find("--minutes") != std::string::npos);
  CHECK(refusal({"--rate=1", "--minutes=nan"}).find("--minutes") != std::string::npos);
  CHECK(refusal({"--rate=1", "--remember=1"}).find("--remember") != std::string::npos);
  CHECK(refusal({"--rate=1", "--listen=x:65536"}).find("x:65536") != std::string::npos);
  for (const auto* unknown : {"--nonsense", "--%original_token%", "--%canonical_option%=%value%"})
    CHECK(refusal({"--base=x", unknown}) == fmt::format("unrecognised option '{}'", unknown));
  const auto* none = "--mix=post:0,reply:0,quote:0,like:0,repost:0,follow:0,block:0,list:0,item:0,"
                     "listblock:0,threadgate:0,postgate:0,profile:0,edit:0,remove:0";
  CHECK(refusal({"--base=x", none}).find("--mix") != std::string::npos);
}

TEST_CASE("prism-synth reads values after a space too, of which the last one counts, and no other "
          "forms") {
  const char* words[] = {"prism-synth", "--base",       "x",     "--seed=9", "--seed",
                         "8",           "--mix=like:2", "--mix", "post:3"};
  const auto read = synth::read_options(static_cast<int>(std::size(words)), words);
  REQUIRE(read);
  CHECK(read->base == "x");
  CHECK(read->seed == 8);
  CHECK(read->mix[static_cast<std::size_t>(synth::action::like)] == 2);
  CHECK(read->mix[static_cast<std::size_t>(synth::action::post)] == 3);
  CHECK(refusal({"--base"}) == "the required argument for option '--base' is missing");
  CHECK(refusal({"--base=x", "--see=8"}).find("--see") != std::string::npos);
  CHECK(refusal({"--base=x", "-s8"}).find("'-s8'") != std::string::npos);
  CHECK(refusal({"--base=x", "--", "y"}).find("'y'") != std::string::npos);
  CHECK(refusal({"--base=x", "--ops="}).find("--ops") != std::string::npos);
  CHECK(refusal({"--base=x", "--ops=%value%"}) ==
        "--ops: '%value%' is not a number in 1..1000000000");
}

TEST_CASE("--help of prism-synth names each option, and nothing else is required then") {
  for (const auto* option :
       {"--base BASE", "--oracle yes|no", "--rate N", "--listen ADDRESS:PORT", "--help"})
    CHECK_THAT(refusal({"--help"}), Catch::Contains(option));
}

TEST_CASE("a mix of one action generates few others") {
  synth::options how;
  how.operations = 1000;
  how.accounts = 20;
  how.mix = {};
  how.mix[static_cast<std::size_t>(synth::action::follow)] = 1;
  const auto corpus = test::make_corpus(how);
  std::size_t follows = 0;
  std::size_t all = 0;
  for (const auto& bytes : corpus.frames) {
    const auto frame = atproto::decode_frame(*bytes);
    if (const auto* commit = std::get_if<atproto::commit_frame>(&*frame))
      for (const auto& op : commit->ops) {
        follows += op.collection == "app.bsky.graph.follow" ? 1 : 0;
        ++all;
      }
  }
  CHECK(follows > 900);
  CHECK(all - follows < 100);
}

TEST_CASE("wrong clocks change nothing but the stamps of events") {
  CHECK(refusal({"--base=x", "--clocks=odd"}).find("'odd'") != std::string::npos);
  synth::options how;
  how.operations = 300;
  how.accounts = 12;
  how.mix[static_cast<std::size_t>(synth::action::tangle)] = 20;
  const auto right = test::make_corpus(how).frames;
  how.wrong_clocks = true;
  const auto wrong = test::make_corpus(how).frames;
  REQUIRE(right.size() == wrong.size());
  std::map<std::string, std::set<std::string>> stamps;
  std::size_t differ = 0;
  for (std::size_t i = 0; i < right.size(); ++i) {
    const auto a = atproto::decode_frame(*right[i]).value();
    const auto b = atproto::decode_frame(*wrong[i]).value();
    const auto* before = std::get_if<atproto::commit_frame>(&a);
    const auto* after = std::get_if<atproto::commit_frame>(&b);
    if (before == nullptr)
      continue;
    REQUIRE(after != nullptr);
    CHECK(before->rev == after->rev);
    CHECK(before->commit == after->commit);
    differ += before->time != after->time ? 1 : 0;
    stamps[std::string{after->repo}].insert(std::string{after->time});
  }
  CHECK(differ > right.size() / 4);
  // Two kinds of clock stand still.
  CHECK(std::ranges::count_if(stamps, [](const auto& each) { return each.second.size() == 1; }) >=
        2);
}
