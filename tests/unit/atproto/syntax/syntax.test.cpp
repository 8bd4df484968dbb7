#include "atproto/syntax/syntax.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <string>

using namespace prism::atproto;

TEST_CASE("a DID may have 2048 bytes and not one more") {
  const std::string did = "did:a:";
  CHECK(is_valid_did(did + std::string(2048 - did.size(), 'v')));
  CHECK_FALSE(is_valid_did(did + std::string(2049 - did.size(), 'v')));
}

TEST_CASE("a handle may have 253 bytes and labels of 63") {
  const std::string label(63, 'a');
  const auto three = label + '.' + label + '.' + label;
  CHECK(is_valid_handle(three + '.' + std::string(61, 'b')));
  CHECK_FALSE(is_valid_handle(three + '.' + std::string(62, 'b')));
  CHECK_FALSE(is_valid_handle(label + "a.test"));
}

TEST_CASE("an NSID may have 317 bytes") {
  const std::string label(63, 'a');
  const auto four = label + '.' + label + '.' + label + '.' + label;
  CHECK(is_valid_nsid(four + '.' + std::string(61, 'b')));
  CHECK_FALSE(is_valid_nsid(four + '.' + std::string(60, 'b') + ".c"));
}

TEST_CASE("a record key may have 512 bytes") {
  CHECK(is_valid_record_key(std::string(512, 'a')));
  CHECK_FALSE(is_valid_record_key(std::string(513, 'a')));
  CHECK_FALSE(is_valid_record_key(""));
}

TEST_CASE("no format accepts the empty string, NUL or a trailing line feed") {
  using predicate = bool (*)(std::string_view) noexcept;
  const std::pair<predicate, std::string> formats[] = {
      {is_valid_did, "did:a:b"},
      {is_valid_handle, "a.test"},
      {is_valid_nsid, "a.b.c"},
      {is_valid_at_identifier, "a.test"},
      {is_valid_record_key, "a"},
      {is_valid_language, "en"},
      {is_valid_cid_string, "bafyreiclp443lavogvhj3d2ob2cxbfuscni2k5jk7bebjzg7khl3esabwq"}};
  for (const auto& [is_valid, good] : formats) {
    INFO(good);
    CHECK(is_valid(good));
    CHECK_FALSE(is_valid(""));
    CHECK_FALSE(is_valid(good + '\n'));
    CHECK_FALSE(is_valid(good + '\0'));
  }
}

TEST_CASE("a URI takes no kind of Unicode white space") {
  CHECK(is_valid_uri("https://example.com/é"));
  CHECK(is_valid_uri("a:b"));
  CHECK_FALSE(is_valid_uri("https://example.com/a\u00A0b"));
  CHECK_FALSE(is_valid_uri("https://example.com/a\u2009b"));
  CHECK_FALSE(is_valid_uri("https://example.com/a\uFEFF"));
  CHECK_FALSE(is_valid_uri("https://example.com/a\n"));
  CHECK_FALSE(is_valid_uri("https:///path"));
  CHECK_FALSE(is_valid_uri("a:"));
  CHECK_FALSE(is_valid_uri(""));
}

TEST_CASE("a language tag takes up to three extended languages and its parts in order") {
  CHECK(is_valid_language("zh-cmn-Hans-CN"));
  CHECK(is_valid_language("zh-abc-def-ghi"));
  CHECK_FALSE(is_valid_language("zh-abc-def-ghi-jkl"));
  CHECK_FALSE(is_valid_language("en-US-Latn"));
  CHECK_FALSE(is_valid_language("en-a"));
  CHECK_FALSE(is_valid_language("en-x"));
  CHECK(is_valid_language("en-a-bbb-x-a-bbb"));
}

TEST_CASE("a variant is in a language tag once, and a tag of a megabyte is checked at once") {
  CHECK(is_valid_language("sl-rozaj-biske-1994"));
  CHECK_FALSE(is_valid_language("sl-rozaj-biske-ROZAJ"));
  CHECK_FALSE(is_valid_language("sl-rozaj-rozaj"));
  // A comparison of each with each takes minutes.
  std::string long_tag = "en";
  for (int i = 0; i < 160'000; ++i)
    long_tag += fmt::format("-v{:06}", i);
  CHECK(is_valid_language(long_tag));
  CHECK_FALSE(is_valid_language(long_tag + "-v000017"));
}

TEST_CASE("a CID string may speak of codecs and hashes that atproto does not use") {
  CHECK(is_valid_cid_string("bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi"));
  CHECK_FALSE(is_valid_cid_string("bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzd"));
  CHECK_FALSE(is_valid_cid_string("BAFYBEIGDYRZT5SFP7UDM7HU76UH7Y26NF3EFUYLQABF3OCLGTQY55FBZDI"));
  CHECK_FALSE(is_valid_cid_string('b' + std::string(128, 'a')));
}
