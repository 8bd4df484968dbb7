#include "metrics/labels.hpp"
#include "atproto/frame/frame.hpp"
#include "db/pg/retry_policy.hpp"
#include "db/pg/sqlstate.hpp"
#include "net/relay/ws_source_stats.hpp"
#include "net/tunnel/refusal.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace labels = prism::metrics::labels;

namespace {

using names = std::vector<std::string>;

names listed(std::span<const std::string_view> values) {
  return {values.begin(), values.end()};
}

// The names of all enumerators up to and including `last`.
template <class Enum>
names names_until(Enum last) {
  names result;
  for (int i = 0; i <= static_cast<int>(last); ++i)
    result.emplace_back(to_string(static_cast<Enum>(i)));
  return result;
}

} // namespace

TEST_CASE("label values are the names that the modules use") {
  CHECK(listed(labels::frame_kinds) == names_until(prism::atproto::frame_kind::unknown));
  CHECK(listed(labels::actions) == names_until(prism::atproto::repo_action::remove));
  CHECK(listed(labels::disconnect_reasons) ==
        names_until(prism::net::disconnect_reason::out_of_order));
  CHECK(listed(labels::disconnect_reasons).size() == prism::net::disconnect_reasons);
  CHECK(listed(labels::tunnel_refusals) == names_until(prism::net::tunnel_refusal::evicted));
  CHECK(listed(labels::tunnel_refusals).size() == prism::net::tunnel_refusal_count);
  CHECK(listed(labels::error_classes) == names_until(prism::db::error_class::fatal));
}

// All states of PostgreSQL 15 (appendix A) in the classes from which db/pg/retry_policy retries
// any.
TEST_CASE("every retried state has a label of its own, and no other state has one") {
  for (const std::string state :
       {"08000", "08001", "08003", "08004", "08006", "08007", "08P01", "25000", "25001",
        "25006", "25P01", "25P02", "25P03", "26000", "40000", "40001", "40002", "40003",
        "40P01", "42601", "42P01", "42P05", "53000", "53100", "53200", "53300", "55000",
        "55006", "55P03", "57000", "57014", "57P01", "57P02", "57P03", "57P04", "57P05"}) {
    INFO(state);
    CHECK(std::ranges::count(labels::retried_states, state) ==
          (prism::db::retry_policy::is_retryable(prism::db::make_error(state, "")) ? 1 : 0));
  }
}
