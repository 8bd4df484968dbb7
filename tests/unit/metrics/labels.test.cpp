#include "metrics/labels.hpp"
#include "atproto/frame.hpp"
#include "db/sqlstate.hpp"
#include "net/ws_source_stats.hpp"

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

TEST_CASE("label values are the names that the modules give") {
  CHECK(listed(labels::frame_kinds) == names_until(prism::atproto::frame_kind::unknown));
  CHECK(listed(labels::actions) == names_until(prism::atproto::repo_action::remove));
  CHECK(listed(labels::disconnect_reasons) == names_until(prism::net::disconnect_reason::stopped));
  CHECK(listed(labels::disconnect_reasons).size() == prism::net::disconnect_reasons);
  CHECK(listed(labels::error_classes) == names_until(prism::db::error_class::fatal));
}
