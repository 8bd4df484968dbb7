#include "atproto/syntax/tid.hpp"
#include "core/printable.hpp"
#include "core/wall_clock.hpp"
#include "db/batch/batch_builder.hpp"
#include "db/inspect/explainer.hpp"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>

/// What `explainer` says of accounts.
namespace prism::db {

using explanations::time_text;
using explanations::verdict;

namespace {

/// As in db/accounts/identity.hpp.
constexpr std::int16_t handle_task = 0;
constexpr std::int16_t deletion_task = 1;

[[nodiscard]] const explained_task* find(const std::vector<explained_task>& tasks,
                                         std::int16_t kind) {
  const auto found = std::ranges::find(tasks, kind, &explained_task::kind);
  return found == tasks.end() ? nullptr : &*found;
}

/// "3 tries, the next at …"
[[nodiscard]] std::string tries(const explained_task& task) {
  return fmt::format("{} {} so far, {} {}{}", task.attempts, task.attempts == 1 ? "try" : "tries",
                     task.claimed ? "one is under way until" : "the next at",
                     time_text(task.due_at),
                     task.last_error.empty() ? "" : "; the last one: " + task.last_error);
}

[[nodiscard]] std::string counted(std::int64_t n) {
  return n >= most_counted ? fmt::format("at least {}", most_counted) : std::to_string(n);
}

} // namespace

void explainer::check_status() {
  const auto& status = account_->status;
  const auto place = account_->status_place;
  if (status)
    add("the account is active", result::no,
        fmt::format("its status is {}, by the #account event at {}", printable(*status),
                    stream_.where(place.value_or(0))),
        {}, place);
  else
    add("the account is active", result::yes,
        place ? fmt::format("by the #account event at {}", stream_.where(*place)) : "", {}, place);
  if (const auto* task = find(tasks_, deletion_task))
    add("it is not about to be deleted", result::no,
        fmt::format("a deletion waits until its PDS confirms it: {}", tries(*task)),
        task->event_time);
}

void explainer::check_handle() {
  const auto* task = find(tasks_, handle_task);
  std::string waiting;
  if (task != nullptr) {
    waiting = fmt::format("a lookup waits: {}", tries(*task));
    if (facts_.identity_problem)
      waiting += "; " + printable(*facts_.identity_problem, 200);
  }
  constexpr const char* what = "its handle is confirmed";
  if (account_->status == "deleted")
    return add(what, result::not_applicable, "a deleted account has no handle");
  if (account_->handle)
    return add(what, result::yes, *account_->handle + (waiting.empty() ? "" : "; " + waiting),
               account_->handle_time);
  if (task != nullptr)
    return add(what, result::no, waiting, task->event_time);
  if (account_->handle_time)
    return add(what, result::no, "the last lookup refuted it", account_->handle_time);
  add(what, result::unknown, "no lookup was asked for yet");
}

void explainer::check_repo() {
  head_ = head_of(in_, account_->id);
  refused_event_ = refusal_of(in_, account_->id, atproto::collection::other, "");
  if (head_)
    if (const auto rev = atproto::tid::parse(head_->rev))
      deaf_ = rev->timestamp_us() > micros_since_1970() + batch_builder::max_event_lead;
  constexpr const char* what = "its repo's commits are taken";
  if (deaf_)
    add(what, result::no,
        fmt::format("the rev of its head, {}, is in the future: every later commit looks old",
                    head_->rev));
  else if (refused_event_)
    add(what, result::no,
        fmt::format("the newest event that was refused as a whole, at {}: {}",
                    stream_.where(refused_event_->place), describe(*refused_event_)),
        refused_event_->recorded_at, refused_event_->place);
  else if (head_)
    add(what, result::yes, fmt::format("its head is {}; commits up to it are left out", head_->rev),
        head_->commit_time);
  else
    add(what, result::unknown, "no commit of it has been indexed");
}

void explainer::explain_account() {
  list_refusals();
  list_letters();
  const auto parked = count_parked_by(in_, account_->id);
  add("none of its records is parked", parked == 0 ? result::yes : result::no,
      parked == 0 ? "" : fmt::format("{} parked", counted(parked)));
  if (const auto counts = counts_of(in_, account_->id))
    row("user_aggregates", {{"counts", *counts}});
  out_.checks.push_back(stream_.as_check());

  const auto* deletion = find(tasks_, deletion_task);
  if (account_->status == "deleted")
    conclude(verdict::account_deleted,
             fmt::format("The account was deleted at {}.",
                         stream_.where(account_->status_place.value_or(0))));
  else if (deletion != nullptr)
    conclude(verdict::deletion_waiting,
             fmt::format("The account's deletion waits until its PDS confirms it: {}.",
                         tries(*deletion)));
  else if (account_->status)
    conclude(verdict::account_inactive,
             fmt::format("The account is {} since {}: readers leave out what it made.",
                         printable(*account_->status),
                         stream_.where(account_->status_place.value_or(0))));
  else if (deaf_)
    conclude(verdict::repo_deaf,
             "The rev of the repo's head is in the future, so every later "
             "commit is left out as old.",
             "delete its row of repos; the next commit is then taken");
  else if (!head_ && refused_event_)
    conclude(verdict::commit_refused,
             fmt::format("No commit of the repo has been taken; the newest was refused: {}.",
                         describe(*refused_event_)));
  else if (!head_ && !account_->indexed_at)
    conclude(verdict::referenced_only,
             stream_.how == stream_view::state::behind
                 ? fmt::format("Others name the account, nothing of its own has arrived, and the "
                               "node is behind: {}.",
                               stream_.detail)
                 : std::string{"Others name the account; nothing of its own has arrived."});
  else if (const auto* task = find(tasks_, handle_task); task != nullptr && !account_->handle)
    conclude(verdict::handle_waiting,
             fmt::format(
                 "The account is here; its handle has not been confirmed yet: {}{}.", tries(*task),
                 facts_.identity_problem ? "; " + printable(*facts_.identity_problem, 200) : ""));
  else
    conclude(verdict::here, account_->handle
                                ? fmt::format("The account is here, as {}.", *account_->handle)
                                : std::string{"The account is here, without a handle."});
}

void explainer::list_refusals() {
  auto found = refusals_of(in_, account_->id);
  std::erase_if(found, [](const explained_refusal& each) { return each.rkey.empty(); });
  const auto shown = std::min(found.size(), static_cast<std::size_t>(most_listed));
  out_.truncated = out_.truncated || shown < found.size();
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& each = found[i];
    row("refused_records",
        {{"uri", fmt::format("at://{}/{}/{}", did_,
                             atproto::nsid_of(static_cast<atproto::collection>(each.collection)),
                             each.rkey)},
         {"reason", each.reason},
         {"message", each.message},
         {"place", std::to_string(each.place)},
         {"recorded_at", time_text(each.recorded_at)}});
  }
  add("none of its records was refused", found.empty() ? result::yes : result::no,
      found.empty() ? ""
                    : fmt::format("{}{} below", shown, shown < found.size() ? " of more" : ""));
}

void explainer::list_letters() {
  const auto found = dead_letters_of(in_, did_);
  const auto shown = std::min(found.size(), static_cast<std::size_t>(most_listed));
  out_.truncated = out_.truncated || shown < found.size();
  for (std::size_t i = 0; i < shown; ++i) {
    const auto& each = found[i];
    dead_letter_row(each);
  }
  add("PostgreSQL accepted all of it", found.empty() ? result::yes : result::no,
      found.empty()
          ? ""
          : fmt::format("{}{} dead letters", shown, shown < found.size() ? " of more" : ""));
}

} // namespace prism::db
