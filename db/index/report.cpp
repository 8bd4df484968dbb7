#include "db/index/report.hpp"

#include "core/crash_point.hpp"

#include <algorithm>
#include <iterator>

namespace prism::db {

void apply_report::add(apply_report other) {
  for (std::size_t kind = 0; kind < ops.size(); ++kind)
    for (std::size_t action = 0; action < ops[kind].size(); ++action)
      ops[kind][action] += other.ops[kind][action];
  std::ranges::move(other.pending, std::back_inserter(pending));
  std::ranges::move(other.quarantined, std::back_inserter(quarantined));
  stale += other.stale;
  purged += other.purged;
}

outcome<apply_report> run_reporting(connection& on, const tx_options& options,
                                    std::optional<apply_report>& unconfirmed,
                                    const std::function<outcome<apply_report>(tx&)>& work) {
  apply_report report;
  const auto done = transaction::run(on, options, [&](tx& inside) -> outcome<void> {
    auto answer = work(inside);
    if (!answer)
      return tl::unexpected(std::move(answer.error()));
    report = std::move(*answer);
    return {};
  });
  if (done) {
    hit(crash_point::after_commit);
    return report;
  }
  if (done.error().cls == error_class::commit_unknown && !report.already_applied)
    unconfirmed = std::move(report);
  return tl::unexpected(done.error());
}

} // namespace prism::db
