#include "db/dead_letters/bisect.hpp"

#include "atproto/records/collection.hpp"
#include "db/index/progress.hpp"
#include "db/index/users.hpp"

#include <chrono>
#include <fmt/format.h>
#include <optional>

namespace prism::db {

namespace {

/// Moves the cursor to the frame.
/// @returns empty if it moved; if it was there already, the report with the stored dead letters.
[[nodiscard]] outcome<std::optional<apply_report>>
move_cursor_or_report(executor& on, const batch& of, const refused_frame& frame) {
  const auto moved = move_cursor(on, of);
  if (!moved)
    return tl::unexpected(moved.error());
  if (*moved != advance::already_there)
    return std::nullopt;
  apply_report report;
  report.already_applied = true;
  auto kept = dead_letters_of_frame(on, of.service, frame.seq);
  if (!kept)
    return tl::unexpected(kept.error());
  report.quarantined = std::move(*kept);
  return report;
}

/// Applies the operations of one frame in one transaction, without those that are rejected.
class frame_bisection {
public:
  using clock = std::chrono::steady_clock;

  /// All arguments must outlive the bisection.
  /// @param limit time limit of each statement, if the operations are applied one by one.
  frame_bisection(executor& on, const batch& of, const refused_frame& frame,
                  const std::vector<std::int64_t>& uri_ids, late_locks& late,
                  std::optional<std::chrono::milliseconds> limit)
      : on_(on), batch_(of), frame_(frame), uri_ids_(uri_ids), late_locks_(late), limit_(limit) {}

  [[nodiscard]] outcome<apply_report> run() {
    auto before = move_cursor_or_report(on_, batch_, frame_);
    if (!before)
      return tl::unexpected(before.error());
    if (*before)
      return std::move(**before);
    const auto step = limit_ ? 1 : batch_.ops.size();
    for (std::size_t at = 0; at < batch_.ops.size(); at += step)
      if (auto done = apply(at, at + step); !done)
        return tl::unexpected(done.error());
    // The repo heads come last: with them stored, the second half would count as indexed already.
    auto rest = batch_;
    rest.ops.clear();
    if (auto done = apply_now(std::move(rest)); !done)
      return tl::unexpected(done.error());
    return std::move(report_);
  }

private:
  [[nodiscard]] outcome<void> apply(std::size_t begin, std::size_t end) {
    if (auto set = on_.exec_script("SAVEPOINT half"); !set)
      return set;
    const auto begun = clock::now();
    auto done = apply_now(operations(begin, end));
    if (done)
      return on_.exec_script("RELEASE half");
    if (done.error().cls != error_class::poison && !ran_out_of_time(done.error(), begun))
      return done;
    if (auto back = on_.exec_script("ROLLBACK TO half; RELEASE half"); !back)
      return back;
    if (end - begin == 1)
      return quarantine_op(batch_.ops[begin], done.error());
    const auto middle = begin + (end - begin) / 2;
    if (auto first = apply(begin, middle); !first)
      return first;
    return apply(middle, end);
  }

  /// Cut off at the limit, and not by somebody who cancels statements.
  [[nodiscard]] bool ran_out_of_time(const db_error& error, clock::time_point begun) const {
    return limit_ && error.sqlstate == sqlstate::query_canceled && clock::now() - begun >= *limit_;
  }

  [[nodiscard]] outcome<void> apply_now(batch part) {
    part.last_seq = 0;
    auto done = apply_in_transaction(on_, part, uri_ids_, late_locks_);
    if (!done)
      return tl::unexpected(std::move(done.error()));
    report_.add(std::move(*done));
    return {};
  }

  /// The operations alone, without heads, accounts and identities.
  [[nodiscard]] batch operations(std::size_t begin, std::size_t end) const {
    batch out = batch_;
    out.ops.assign(batch_.ops.begin() + static_cast<std::ptrdiff_t>(begin),
                   batch_.ops.begin() + static_cast<std::ptrdiff_t>(end));
    out.refused.clear(); // with the heads
    out.heads.clear();
    out.accounts.clear();
    out.identities.clear();
    return out;
  }

  [[nodiscard]] outcome<void> quarantine_op(const op& rejected, const db_error& error) {
    if (report_.quarantined.size() >= max_dead_letters_per_frame) {
      auto too_many = error;
      too_many.cls = error_class::poison; // another try would find as many
      return tl::unexpected(std::move(too_many));
    }
    const dead_letter letter{
        batch_.service, frame_.seq,        place_of(batch_.place_base, batch_.last_seq),
        frame_.did,     path_of(rejected), error.message,
        error.sqlstate, frame_.bytes};
    report_.quarantined.push_back({letter.path, letter.reason, letter.sqlstate});
    return store_dead_letter(on_, letter);
  }

  executor& on_;
  const batch& batch_;
  const refused_frame& frame_;
  const std::vector<std::int64_t>& uri_ids_;
  late_locks& late_locks_;
  std::optional<std::chrono::milliseconds> limit_;
  apply_report report_;
};

[[nodiscard]] outcome<apply_report> quarantine(executor& inside, const batch& of,
                                               const refused_frame& frame) {
  auto before = move_cursor_or_report(inside, of, frame);
  if (!before)
    return tl::unexpected(before.error());
  if (*before)
    return std::move(**before);
  const dead_letter letter{of.service,     frame.seq,  place_of(of.place_base, of.last_seq),
                           frame.did,      "",         frame.reason,
                           frame.sqlstate, frame.bytes};
  if (auto kept = store_dead_letter(inside, letter); !kept)
    return tl::unexpected(kept.error());
  apply_report report;
  report.quarantined.push_back({letter.path, letter.reason, letter.sqlstate});
  return report;
}

[[nodiscard]] outcome<apply_report>
apply_without_faults(connection& on, const tx_options& options, const batch& of,
                     const refused_frame& frame, partial_report& partial,
                     std::optional<std::chrono::milliseconds> limit) {
  const auto uri_ids = intern_uris(on, of, options.server_start);
  if (!uri_ids && uri_ids.error().cls != error_class::poison)
    return tl::unexpected(uri_ids.error());
  if (uri_ids && !of.ops.empty()) {
    late_locks late;
    auto done = run_reporting(on, options, partial.unconfirmed, [&](tx& inside) {
      return frame_bisection(inside, of, frame, *uri_ids, late, limit).run();
    });
    if (done || done.error().cls != error_class::poison)
      return done;
  }
  return quarantine_frame(on, options, of, frame, partial);
}

} // namespace

outcome<apply_report> apply_bisected(connection& on, const tx_options& options, const batch& of,
                                     const refused_frame& frame, partial_report& partial) {
  return apply_without_faults(on, options, of, frame, partial, std::nullopt);
}

outcome<apply_report> apply_one_by_one(connection& on, const tx_options& options, const batch& of,
                                       const refused_frame& frame, partial_report& partial) {
  auto longer = options;
  longer.statement_timeout = options.deadline;
  longer.deadline *= 2 * (of.ops.size() + 1);
  return apply_without_faults(on, longer, of, frame, partial, options.deadline);
}

outcome<apply_report> quarantine_frame(connection& on, const tx_options& options, const batch& of,
                                       const refused_frame& frame, partial_report& partial) {
  return run_reporting(on, options, partial.unconfirmed,
                       [&](tx& inside) { return quarantine(inside, of, frame); });
}

} // namespace prism::db
