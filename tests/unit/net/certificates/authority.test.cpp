#include "net/certificates/authority.hpp"

#include "net/certificates/certificate_file.hpp"
#include "net/certificates/identity.hpp"
#include "tests/unit/net/support/certificates.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

using namespace prism;
using namespace prism::net;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

namespace {

constexpr std::chrono::sys_seconds noon{std::chrono::seconds{1'800'000'000}};

template <class T>
T must(expected<T> answer) {
  if (!answer)
    FAIL(answer.error().message);
  return std::move(*answer);
}

std::string content_of(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

} // namespace

TEST_CASE("an authority issues certificates that say who and what", "[certificates]") {
  const test::temporary_directory directory;
  auto ca = must(authority::create(directory.file("ca"), "lab", noon, existing_file::keep));
  const auto node = must(ca.issue({.name = "node-1",
                                   .role = certificate_role::node,
                                   .hosts = {"10.0.0.5", "2001:db8::1", "n.example.org"}},
                                  noon, existing_file::keep));
  const auto said = must(identify_file(directory.file("ca/node-1.crt")));
  CHECK(said.name == "node-1");
  CHECK(said.role == certificate_role::node);
  CHECK(said.serial == node.serial);
  CHECK(said.valid_until == noon + std::chrono::days{365});
  CHECK(must(cluster_of(directory.file("ca/ca.crt"))) == "lab");

  const auto certificate = must(read_certificate(directory.file("ca/node-1.crt")));
  const auto authority_certificate = must(read_certificate(directory.file("ca/ca.crt")));
  CHECK(X509_verify(certificate.get(), X509_get0_pubkey(authority_certificate.get())) == 1);
  CHECK(X509_check_host(certificate.get(), "n.example.org", 0, 0, nullptr) == 1);
  CHECK(X509_check_host(certificate.get(), "node-1", 0, 0, nullptr) == 1);
  CHECK(X509_check_host(certificate.get(), "node-2", 0, 0, nullptr) == 0);
  CHECK(X509_check_ip_asc(certificate.get(), "10.0.0.5", 0) == 1);
  CHECK(X509_check_ip_asc(certificate.get(), "2001:db8::1", 0) == 1);
}

TEST_CASE("files with private keys are their owner's, and nothing is overwritten unasked",
          "[certificates]") {
  const test::temporary_directory directory;
  auto ca = must(authority::create(directory.file("ca"), "lab", noon, existing_file::keep));
  must(ca.issue({.name = "ann", .role = certificate_role::viewing}, noon, existing_file::keep));
  for (const auto* const name : {"ca/ca.key", "ca/ann.key"})
    CHECK(fs::status(directory.file(name)).permissions() ==
          (fs::perms::owner_read | fs::perms::owner_write));

  const auto key = content_of(directory.file("ca/ann.key"));
  const auto again =
      ca.issue({.name = "ann", .role = certificate_role::viewing}, noon, existing_file::keep);
  REQUIRE_FALSE(again);
  CHECK_THAT(again.error().message, Contains("ann.key' exists"));
  CHECK(content_of(directory.file("ca/ann.key")) == key);
  CHECK_FALSE(authority::create(directory.file("ca"), "lab", noon, existing_file::keep));
  CHECK(must(ca.list()).size() == 1);

  must(ca.issue({.name = "ann", .role = certificate_role::viewing}, noon, existing_file::replace));
  CHECK(content_of(directory.file("ca/ann.key")) != key);
  CHECK(must(ca.list()).size() == 2);
  // No drafts are left behind.
  CHECK(std::distance(fs::directory_iterator(directory.file("ca")), {}) == 6);
}

TEST_CASE("revoking goes by name or serial number, and is kept", "[certificates]") {
  const test::temporary_directory directory;
  auto ca = must(authority::create(directory.file("ca"), "lab", noon, existing_file::keep));
  const authority::wanted ann{.name = "ann", .role = certificate_role::viewing};
  const auto first = must(ca.issue(ann, noon, existing_file::keep));
  const auto second = must(ca.issue(ann, noon, existing_file::replace));
  CHECK(must(ca.revoke(first.serial, noon)).size() == 1);
  CHECK_FALSE(must(ca.list())[1].revoked_at);
  auto reopened = must(authority::open(directory.file("ca")));
  CHECK(must(reopened.revoke("ann", noon + std::chrono::hours{1})).size() == 2);
  const auto all = must(reopened.list());
  CHECK(all[0].revoked_at == noon);
  CHECK(all[1].revoked_at == noon + std::chrono::hours{1});
  CHECK(reopened.revoke("bob", noon).error().code == errc::not_found);

  const auto crls = must(read_crls(directory.file("ca/crl.pem")));
  REQUIRE(crls.size() == 1);
  REQUIRE(sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crls[0].get())) == 2);
  std::vector<std::string> serials;
  for (int i = 0; i < 2; ++i)
    serials.push_back(serial_text(X509_REVOKED_get0_serialNumber(
        sk_X509_REVOKED_value(X509_CRL_get_REVOKED(crls[0].get()), i))));
  CHECK(std::ranges::is_sorted(serials));
  CHECK(std::ranges::find(serials, second.serial) != serials.end());
}

TEST_CASE("what cannot be a certificate is refused", "[certificates]") {
  const test::temporary_directory directory;
  auto ca = must(authority::create(directory.file("ca"), "lab", noon, existing_file::keep));
  const auto refusal = [&](authority::wanted what) {
    const auto made = ca.issue(what, noon, existing_file::keep);
    return made ? "it was made" : made.error().message;
  };
  CHECK_THAT(refusal({.name = "../etc"}), Contains("cannot be the name"));
  CHECK_THAT(refusal({.name = ""}), Contains("cannot be the name"));
  CHECK_THAT(refusal({.name = std::string(65, 'a')}), Contains("cannot be the name"));
  CHECK_THAT(refusal({.name = "ca"}), Contains("authority's own files"));
  CHECK_THAT(refusal({.name = "a", .days = std::chrono::days{0}}), Contains("at least one day"));
  CHECK_THAT(refusal({.name = "a", .days = std::chrono::days{4000}}), Contains("too long"));
  CHECK_THAT(refusal({.name = "a", .hosts = {"a,URI:urn:prism:role:operator"}}),
             Contains("neither a host name nor an address"));
  CHECK(must(ca.list()).empty());
  CHECK_FALSE(authority::create(directory.file("b"), "no spaces", noon, existing_file::keep));
}

TEST_CASE("an index that is damaged names its line", "[certificates]") {
  const std::vector<issued_certificate> all{
      {.name = "a",
       .role = certificate_role::node,
       .serial = "0f",
       .valid_until = noon,
       .revoked_at = noon,
       .hosts = {"h1", "h2"}},
      {.name = "b", .role = certificate_role::viewing, .serial = "1f", .valid_until = noon}};
  const auto text = write_index(all);
  const auto read = must(parse_index(text));
  REQUIRE(read.size() == 2);
  CHECK(write_index(read) == text);
  CHECK_THAT(parse_index(text + "1f viewer x - c\n").error().message, Contains("line 3"));
  CHECK_THAT(parse_index("1f king 5 - c\n").error().message, Contains("line 1"));
}
