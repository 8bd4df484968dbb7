#include "db/dead_letters/bisect.hpp"

#include "atproto/records/collection.hpp"
#include "db/index/progress.hpp"
#include "db/index/users.hpp"

#include <fmt/format.h>

namespace prism::db {

namespace {

/// @returns whether the cursor was there before; then what was kept of the frame.
[[nodiscard]] outcome<std::optional<apply_report>> begin(tx& on, const batch& of) {
  const auto moved = move_cursor(on, of);
  if (!moved)
    return tl::unexpected(moved.error());
  if (*moved != advance::already_there)
    return std::nullopt;
  apply_report report;
  report.already_applied = true;
  auto kept = dead_letters_of_frame(on, of.service, of.last_seq);
  if (!kept)
    return tl::unexpected(kept.error());
  report.quarantined = std::move(*kept);
  return report;
}

/// One frame's operations in a transaction, some of which may be refused.
class frame_bisection {
public:
  frame_bisection(tx& on, const batch& of, const refused_frame& frame,
                  const std::vector<std::int64_t>& uri_ids)
      : on_(on), of_(of), frame_(frame), uri_ids_(uri_ids) {}

  [[nodiscard]] outcome<apply_report> run() {
    auto before = begin(on_, of_);
    if (!before)
      return tl::unexpected(before.error());
    if (*before)
      return std::move(**before);
    if (auto done = apply(0, of_.ops.size()); !done)
      return tl::unexpected(done.error());
    // Only now, or the second half would be taken for one that is known already.
    auto rest = of_;
    rest.ops.clear();
    if (auto done = apply_now(std::move(rest)); !done)
      return tl::unexpected(done.error());
    return std::move(report_);
  }

private:
  [[nodiscard]] outcome<void> apply(std::size_t begin, std::size_t end) {
    if (auto set = on_.exec_script("SAVEPOINT part"); !set)
      return set;
    auto done = apply_now(part(begin, end));
    if (done)
      return on_.exec_script("RELEASE part");
    if (done.error().cls != error_class::poison)
      return done;
    if (auto back = on_.exec_script("ROLLBACK TO part; RELEASE part"); !back)
      return back;
    if (end - begin == 1)
      return keep(of_.ops[begin], done.error());
    const auto middle = begin + (end - begin) / 2;
    if (auto first = apply(begin, middle); !first)
      return first;
    return apply(middle, end);
  }

  [[nodiscard]] outcome<void> apply_now(batch some) {
    some.last_seq = 0;
    auto done = apply_in_transaction(on_, some, uri_ids_);
    if (!done)
      return tl::unexpected(std::move(done.error()));
    report_.add(std::move(*done));
    return {};
  }

  [[nodiscard]] batch part(std::size_t begin, std::size_t end) const {
    batch out = of_;
    out.ops.assign(of_.ops.begin() + static_cast<std::ptrdiff_t>(begin),
                   of_.ops.begin() + static_cast<std::ptrdiff_t>(end));
    out.heads.clear();
    out.accounts.clear();
    out.identities.clear();
    return out;
  }

  [[nodiscard]] outcome<void> keep(const op& refused, const db_error& why) {
    if (report_.quarantined.size() >= max_dead_letters_per_frame)
      return tl::unexpected(why);
    const dead_letter letter{of_.service, of_.last_seq, frame_.did,  path_of(refused),
                             why.message, why.sqlstate, frame_.bytes};
    report_.quarantined.push_back({letter.path, letter.reason, letter.sqlstate});
    return store_dead_letter(on_, letter);
  }

  tx& on_;
  const batch& of_;
  const refused_frame& frame_;
  const std::vector<std::int64_t>& uri_ids_;
  apply_report report_;
};

[[nodiscard]] outcome<apply_report> quarantine(tx& inside, const batch& of,
                                               const refused_frame& frame) {
  auto before = begin(inside, of);
  if (!before)
    return tl::unexpected(before.error());
  if (*before)
    return std::move(**before);
  const dead_letter letter{of.service,   of.last_seq,    frame.did,  "",
                           frame.reason, frame.sqlstate, frame.bytes};
  if (auto kept = store_dead_letter(inside, letter); !kept)
    return tl::unexpected(kept.error());
  apply_report report;
  report.quarantined.push_back({letter.path, letter.reason, letter.sqlstate});
  return report;
}

} // namespace

outcome<apply_report> apply_bisected(connection& on, const tx_options& options, const batch& of,
                                     const refused_frame& frame, partial_report& partial) {
  const auto uri_ids = intern_uris(on, of);
  if (!uri_ids && uri_ids.error().cls != error_class::poison)
    return tl::unexpected(uri_ids.error());
  if (uri_ids && !of.ops.empty()) {
    auto done = run_reporting(on, options, partial.unconfirmed, [&](tx& inside) {
      return frame_bisection(inside, of, frame, *uri_ids).run();
    });
    if (done || done.error().cls != error_class::poison)
      return done;
  }
  return quarantine_frame(on, options, of, frame, partial);
}

outcome<apply_report> quarantine_frame(connection& on, const tx_options& options, const batch& of,
                                       const refused_frame& frame, partial_report& partial) {
  return run_reporting(on, options, partial.unconfirmed,
                       [&](tx& inside) { return quarantine(inside, of, frame); });
}

} // namespace prism::db
