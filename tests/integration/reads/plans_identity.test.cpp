// The statement that gives identities, on two million rows: its plan.

#include "db/reads/identities.hpp"
#include "tests/integration/reads/network.hpp"
#include "tests/integration/reads/promised.hpp"
#include "tests/support/must.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::test;

TEST_CASE("an identity is two rows that are looked up by key") {
  auto& on = synthetic_network();
  must(
      on.exec_script("INSERT INTO did_documents(user_id, place, looked_up_at, found, handle, keys, "
                     "services) SELECT id, coalesce(identity_place, 0), now(), true, '', 'k', '' "
                     "FROM users ON CONFLICT DO NOTHING; ANALYZE did_documents"));
  const auto rows = must(on.exec("SELECT did FROM users ORDER BY id DESC LIMIT 3"));
  explaining_executor explained(on);
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    const auto found = must(reads::read_identity(explained, rows.get_text(i, 0)));
    REQUIRE(found.known);
    CHECK(found.known->published->keys == "k");
  }
  CHECK_FALSE(must(reads::read_identity(explained, "did:web:unknown.test")).known);
  check_promised(explained, {{"identity_by_did", {"users_did_key", "did_documents_pkey"}}});
}
