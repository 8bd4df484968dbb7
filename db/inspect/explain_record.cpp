#include "core/printable.hpp"
#include "db/inspect/explainer.hpp"

#include "db/index/pending.hpp"

#include <fmt/format.h>

/// What `explainer` says of records.
namespace prism::db {

using explanations::time_text;
using explanations::verdict;

namespace {

/// Whether the row of an event that was refused as a whole names the record.
[[nodiscard]] bool names_record(const std::optional<explained_refusal>& event,
                                const std::string& path) {
  return event && (event->message + " ").find(" " + path + " ") != std::string::npos;
}

} // namespace

void explainer::explain_record() {
  uri_ = uri_of(in_, account_->id, uri_kind(kind_), what_.rkey);
  check_refused();
  check_dead_letters();
  check_parked();
  check_stored();
  check_history();
  out_.checks.push_back(stream_.as_check());
  stored_ ? conclude_stored() : conclude_absent();
}

void explainer::check_refused() {
  refused_ = refusal_of(in_, account_->id, kind_, what_.rkey);
  constexpr const char* what = "its lexicon and Prism's rules allow it";
  if (!refused_)
    return add(what, result::yes, "it is not among the refused records");
  add(what, result::no, describe(*refused_), refused_->recorded_at, refused_->place);
}

void explainer::check_dead_letters() {
  for (auto& each :
       dead_letters_of(in_, did_, fmt::format("{}/{}", what_.collection, what_.rkey))) {
    if (each.path.empty() && !each.names_path)
      continue;
    dead_letter_row(each);
    if (!dead_letter_ || dead_letter_->id < each.id)
      dead_letter_ = std::move(each);
  }
  constexpr const char* what = "PostgreSQL accepted it";
  if (!dead_letter_)
    return add(what, result::yes, "no dead letter has it");
  add(what, result::no,
      fmt::format("dead letter {}{}: {} {}", dead_letter_->id,
                  dead_letter_->path.empty() ? " (its whole frame)" : "", dead_letter_->sqlstate,
                  printable(dead_letter_->reason, 300)),
      dead_letter_->created_at, dead_letter_->place);
}

void explainer::check_parked() {
  constexpr const char* what = "it is not parked";
  if (!can_be_parked(kind_))
    return add(what, result::not_applicable);
  parked_ = parked_of(in_, account_->id, kind_, what_.rkey);
  if (!parked_)
    return add(what, result::yes);
  referent_ = uri_by_id(in_, parked_->referent_id).text;
  const auto until =
      facts_.pending_ttl && facts_.pending_ttl->count() > 0
          ? fmt::format(", at most until {}",
                        time_text(parked_->parked_at + facts_.pending_ttl->count() * 1'000'000))
          : std::string{};
  add(what, result::no, fmt::format("until {} is indexed{}", referent_, until), parked_->parked_at,
      parked_->place);
}

void explainer::check_history() {
  constexpr const char* what = "it was not deleted";
  if (stored_)
    return add(what, result::yes);
  if (!has_history(kind_))
    return add(what, result::unknown,
               fmt::format("deletions of {} leave no row", what_.collection));
  if (uri_)
    past_ = past_of(in_, kind_, *uri_);
  if (past_)
    return add(what, result::no,
               fmt::format("the version of {} ended at {}", stream_.where(past_->place),
                           stream_.where(past_->until)),
               past_->recorded_at, past_->until);
  add(what, result::unknown,
      facts_.history_keep
          ? fmt::format("no deletion within {} h is known", facts_.history_keep->count() / 3600)
          : "no recent deletion is known");
}

void explainer::conclude_stored() {
  const auto since = fmt::format("since {}", stream_.where(stored_->place));
  if (account_->status)
    return conclude(verdict::account_inactive,
                    fmt::format("The record is stored in {}, but its account is {}: readers leave "
                                "it out.",
                                stored_->table, printable(*account_->status)));
  if (refused_ && refused_->place > stored_->place)
    return conclude(verdict::older_version,
                    fmt::format("An older version is stored in {} {}; the newest was refused: {}.",
                                stored_->table, since, describe(*refused_)));
  if (dead_letter_ && dead_letter_->place > stored_->place)
    return conclude(
        verdict::older_version,
        fmt::format("An older version is stored in {} {}; the newest is dead letter {}.",
                    stored_->table, since, dead_letter_->id),
        "see dead letters in docs/PRISMCTL.md");
  if (stored_->duplicate)
    return conclude(verdict::here_not_counted,
                    fmt::format("The record is stored in {} {}, but does not count: {} counts for "
                                "the same pair.",
                                stored_->table, since, counted_));
  if (!hidden_by_.empty())
    return conclude(verdict::here_hidden, fmt::format("The record is stored in {} {}, but {}.",
                                                      stored_->table, since, hidden_by_));
  conclude(verdict::here, fmt::format("The record is stored in {} {}{}.", stored_->table, since,
                                      stored_->uri_id || stored_->user_id ? " and counts" : ""));
}

// What is known of this record comes before what is known of its account.
void explainer::conclude_absent() {
  if (parked_)
    return conclude(
        verdict::parked,
        fmt::format("The record has arrived and is parked until {} is indexed.", referent_),
        "explain that record next");
  const bool refused_last = refused_ && (!dead_letter_ || dead_letter_->place < refused_->place);
  if (refused_last && (!past_ || past_->until < refused_->place))
    return conclude(verdict::refused,
                    fmt::format("The record was refused at {}: {}.", stream_.where(refused_->place),
                                describe(*refused_)),
                    "its author has to write a valid one (docs/DECODING.md)");
  if (account_->status == "deleted")
    return conclude(verdict::account_deleted,
                    fmt::format("The account and what it had were deleted at {}.",
                                stream_.where(account_->status_place.value_or(0))));
  if (dead_letter_ && (!past_ || past_->until < dead_letter_->place))
    return conclude(verdict::dead_letter,
                    fmt::format("PostgreSQL rejected the record, and it is dead letter {}: {} {}.",
                                dead_letter_->id, dead_letter_->sqlstate,
                                printable(dead_letter_->reason, 300)),
                    "see dead letters in docs/PRISMCTL.md");
  if (past_)
    return conclude(verdict::deleted,
                    fmt::format("The record was deleted at {}.", stream_.where(past_->until)));
  if (account_->status)
    return conclude(verdict::account_inactive,
                    fmt::format("The record is not here, and its account is {} since {}: a relay "
                                "sends nothing of it.",
                                printable(*account_->status),
                                stream_.where(account_->status_place.value_or(0))));
  if (deaf_)
    return conclude(verdict::repo_deaf,
                    "The rev of the repo's head is in the future, so every later commit is left "
                    "out as old.",
                    "delete its row of repos; the next commit is then taken");
  if (names_record(refused_event_, fmt::format("{}/{}", what_.collection, what_.rkey)))
    return conclude(verdict::commit_refused,
                    fmt::format("The record was in the repo's commit at {}, which was refused as a "
                                "whole: {}.",
                                stream_.where(refused_event_->place), describe(*refused_event_)));
  const auto maybe =
      refused_event_
          ? fmt::format(" The repo's event at {} was refused as a whole and may have had "
                        "it: {}.",
                        stream_.where(refused_event_->place), describe(*refused_event_))
          : std::string{};
  if (stream_.how == stream_view::state::behind)
    return conclude(verdict::behind,
                    fmt::format("Nothing is known of the record, and the node is behind: {}.{}",
                                stream_.detail, maybe));
  conclude(verdict::never_arrived,
           fmt::format("Nothing is known of the record: it never arrived, was deleted{}, or its "
                       "event is still to come ({}).{}",
                       has_history(kind_) ? " longer ago than history is kept" : "", stream_.detail,
                       maybe));
}

} // namespace prism::db
