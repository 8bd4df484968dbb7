#include "atproto/identity/identity.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::atproto;

namespace {

const std::string one = "did:plc:ewvi7nxzyoun6zhxrhs64oiz";
const std::string two = "did:web:example.com";

std::string url_of(std::string_view did, bool local = false) {
  const auto url = did_document_url(did, "https://plc.example/", local);
  return url ? *url : "none";
}

handle_records read(std::vector<std::string> records) {
  return read_handle_records(records);
}

} // namespace

TEST_CASE("A DID's document has a URL, if the DID is of a kind that has one") {
  CHECK(url_of(one) == "https://plc.example/" + one);
  CHECK(url_of(two) == "https://example.com/.well-known/did.json");
  for (const char* each :
       {"did:plc:EWVI7NXZYOUN6ZHXRHS64OIZ", "did:plc:ewvi7nxzyoun6zhxrhs64oi",
        "did:plc:ewvi7nxzyoun6zhxrhs64oiz2", "did:plc:ewvi7nxzyoun6zhxrhs64oi1",
        "did:plc:../../../../../../../etc", "did:web:example.com:user", "did:web:example.com%3A80",
        "did:web:127.0.0.1", "did:web:", "did:web:localhost", "did:key:z6Mk", "did:", ""}) {
    INFO(each);
    CHECK(url_of(each) == "none");
  }
}

TEST_CASE("did:web may name localhost where that is allowed") {
  CHECK(url_of("did:web:localhost%3A8080", true) == "http://localhost:8080/.well-known/did.json");
  CHECK(url_of("did:web:localhost", true) == "http://localhost/.well-known/did.json");
  CHECK(url_of("did:web:localhost%3A", true) == "none");
  CHECK(url_of("did:web:localhost%3A80@evil", true) == "none");
  CHECK(url_of("did:web:localhostile", true) == "none");
}

TEST_CASE("TXT records give a handle's DID") {
  CHECK(read({}).did == std::nullopt);
  CHECK(read({"did=" + one}).did == one);
  CHECK(read({"v=spf1 -all", "did=" + two, "DID=" + one, " did=" + one}).did == two);
  CHECK_FALSE(read({"did=" + one}).names_no_did);
}

TEST_CASE("of several TXT records none counts, and one that names no DID counts as that") {
  for (const auto& records : {std::vector<std::string>{"did=" + one, "did=" + two},
                              {"did=" + one, "did=" + one},
                              {"did=" + one, "did=junk"},
                              {"did="}}) {
    CHECK(read(records).did == std::nullopt);
    CHECK_FALSE(read(records).names_no_did);
  }
  for (const auto& record : {"did=" + one + " ", std::string{"did=junk"}}) {
    CHECK(read({record}).did == std::nullopt);
    CHECK(read({record}).names_no_did);
  }
}

TEST_CASE("The well-known file gives a handle's DID") {
  CHECK(read_well_known_did(one) == one);
  CHECK(read_well_known_did(" " + one + "\r\nmore") == one);
  for (const char* each : {"", "\n", "<html>", "did:", "did=did:plc:x", "example.com"})
    CHECK(read_well_known_did(each) == std::nullopt);
  CHECK(read_well_known_did("\n" + one) == std::nullopt);
}

TEST_CASE("XRPC responses are parsed, including malformed ones") {
  CHECK(read_resolved_did(R"({"did":")" + one + R"("})") == one);
  for (const char* each : {"", "{", "[]", "{}", R"({"did":1})", R"({"did":"x"})", "null"})
    CHECK(read_resolved_did(each) == std::nullopt);
  CHECK(read_xrpc_error(R"({"error":"RepoNotFound","message":"x"})") == "RepoNotFound");
  CHECK(read_xrpc_error(R"({"error":{}})").empty());
  CHECK(read_xrpc_error("<html>").empty());
}
