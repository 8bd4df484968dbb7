// Read queries return records of active accounts only: `active` decides, `status` gives the reason
// (com.atproto.sync.subscribeRepos#account).

#include "db/reads/author_feed.hpp"
#include "db/reads/profiles.hpp"
#include "tests/integration/firehose_builder.hpp"
#include "tests/integration/indexing.hpp"
#include "tests/support/must.hpp"

#include <catch2/catch.hpp>

using namespace prism;
using namespace prism::test;

namespace {

[[nodiscard]] std::size_t shown(db::connection& on, std::int64_t user) {
  return must(reads::author_feed(on, user, {}, {}, 100)).rows.size();
}

} // namespace

TEST_CASE("records of an account that is not active are hidden, with any status or none") {
  const auto status = GENERATE(as<std::string>{}, "deactivated", "suspended", "takendown",
                               "throttled", "desynchronized", "a status of later days", "");
  INFO("status '" << status << "'");
  firehose_builder events;
  events.post("alice", "a1");
  events.account("alice", false, status);
  index_target target;
  target.apply(events.take(), 1);
  const auto alice = must(reads::find_user(target.connection, did_of("alice"))).value();
  CHECK(shown(target.connection, alice) == 0);
  const auto profile = must(reads::profiles(target.connection, std::vector{alice})).at(0);
  CHECK(profile.status == (status.empty() ? "inactive" : status));
  CHECK(target.count("posts") == 1); // hidden, not deleted
  events.account("alice", true, status);
  target.apply(events.take(), 1);
  CHECK(shown(target.connection, alice) == 1);
}
