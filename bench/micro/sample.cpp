#include "bench/micro/sample.hpp"

#include "atproto/identity/did_document.hpp"

#include <boost/json.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace prism::bench {

namespace {

constexpr const char* base = PRISM_SOURCE_DIR "/sample/small";

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "%s: %s\n", base, why.c_str());
  std::exit(1);
}

} // namespace

const net::corpus& sample() {
  static const auto frames = [] {
    auto read = net::read_corpus(std::string{base} + ".frames.zst");
    if (!read)
      give_up(read.error().message);
    return std::move(*read);
  }();
  return frames;
}

const std::vector<atproto::frame>& decoded_sample() {
  static const auto frames = [] {
    std::vector<atproto::frame> out;
    for (const auto& each : sample()) {
      auto decoded = atproto::decode_frame(*each);
      if (!decoded)
        give_up(decoded.error().message);
      out.push_back(std::move(*decoded));
    }
    return out;
  }();
  return frames;
}

const std::vector<atproto::commit_frame>& sample_commits() {
  static const auto commits = [] {
    std::vector<atproto::commit_frame> out;
    for (const auto& each : decoded_sample())
      if (const auto* commit = std::get_if<atproto::commit_frame>(&each))
        out.push_back(*commit);
    return out;
  }();
  return commits;
}

const std::map<std::string, atproto::public_key, std::less<>>& sample_keys() {
  static const auto keys = [] {
    std::ifstream file(std::string{base} + ".dids.json");
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    std::map<std::string, atproto::public_key, std::less<>> out;
    const auto documents = boost::json::parse(text);
    for (const auto& [did, document] : documents.as_object())
      if (auto parsed = atproto::did_document::parse(boost::json::serialize(document));
          parsed && parsed->signing_key)
        out.emplace(did, *parsed->signing_key);
    if (out.empty())
      give_up("no signing keys");
    return out;
  }();
  return keys;
}

} // namespace prism::bench
