#include "db/index/membership.hpp"

#include "db/index/progress.hpp"

namespace prism::db {

namespace {

// Index: primary key.
const statement live_member{"live_member", R"sql(
  SELECT FROM cluster_members
  WHERE node = $1::text::uuid AND dead_reason IS NULL
)sql"};

} // namespace

std::size_t queue_check_member(pipeline& out, std::string_view node) {
  return out.add(live_member, std::move(params{}.text(node)));
}

outcome<void> read_member(const result& rows, std::string_view node) {
  if (!rows.empty())
    return {};
  return tl::unexpected(db_error{error_class::fatal, std::string{fenced_state},
                                 fmt::format("node {} is no live member of the cluster", node),
                                 live_member.name});
}

} // namespace prism::db
