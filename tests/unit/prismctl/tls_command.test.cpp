#include "tools/prismctl/tls_command.hpp"

#include "tests/unit/net/support/certificates.hpp"

#include <catch2/catch.hpp>
#include <sstream>
#include <vector>

using namespace prism::prismctl;
using Catch::Matchers::Contains;

namespace {

struct outcome {
  int code{0};
  std::string output;
  std::string errors;
};

outcome run(std::vector<std::string> words) {
  const std::vector<std::string_view> views(words.begin(), words.end());
  std::ostringstream output;
  std::ostringstream errors;
  const std::chrono::sys_seconds noon{std::chrono::seconds{1'800'000'000}};
  const int code = tls_command(views, output, errors, noon);
  return {code, output.str(), errors.str()};
}

} // namespace

TEST_CASE("prismctl tls makes, shows and revokes certificates", "[prismctl]") {
  const prism::net::test::temporary_directory directory;
  const auto ca = directory.file("ca");
  CHECK_THAT(run({"init", ca, "--name", "lab"}).output, Contains("cluster 'lab'"));
  CHECK(run({"init", ca}).code == 1);
  CHECK_THAT(
      run({"issue", ca, "--role", "node", "n1", "--host=10.0.0.5", "--host", "n1.example.org"})
          .output,
      Contains("/n1.crt") && Contains("role node"));
  CHECK(run({"issue", ca, "--role=viewer", "bob", "--days", "30"}).code == 0);
  CHECK_THAT(run({"issue", ca, "--role=viewer", "bob"}).errors, Contains("exists"));
  CHECK_THAT(run({"revoke", ca, "bob"}).output, Contains("revoked: bob"));
  const auto list = run({"list", ca});
  CHECK(list.code == 0);
  CHECK_THAT(list.output, Contains("10.0.0.5 n1.example.org") && Contains("revoked 2027-01-15"));
  CHECK(run({"revoke", ca, "nobody"}).code == 1);
  CHECK(run({"list", directory.file("absent")}).code == 1);
}

TEST_CASE("prismctl tls says what is wrong with its command line", "[prismctl]") {
  CHECK(run({}).code == 2);
  CHECK_THAT(run({"make"}).errors, Contains("unknown command 'make'"));
  CHECK_THAT(run({"init"}).errors, Contains("an argument is missing"));
  CHECK_THAT(run({"init", "a", "b"}).errors, Contains("'b' is one argument too many"));
  CHECK_THAT(run({"init", "a", "--nmae", "b"}).errors, Contains("unknown option --nmae"));
  CHECK_THAT(run({"init", "a", "--name"}).errors, Contains("--name lacks its value"));
  CHECK_THAT(run({"init", "a", "--force=yes"}).errors, Contains("--force takes no value"));
  CHECK_THAT(run({"issue", "a", "b"}).errors, Contains("--role must be"));
  for (const auto* const days : {"0", "-1", "x", "99999999999"})
    CHECK(run({"issue", "a", "b", "--role", "viewer", std::string{"--days="} + days}).code == 2);
  for (const auto* const command : {"init", "issue", "revoke", "list"}) {
    const auto help = run({command, "--help"});
    CHECK(help.code == 0);
    CHECK_THAT(help.output, Contains(std::string{"Usage: prismctl tls "} + command));
  }
  CHECK_THAT(run({"--help"}).output, Contains("Usage: prismctl tls"));
}
