#include "db/inspect/explain.hpp"

#include "core/printable.hpp"
#include "db/index/plan_settings.hpp"
#include "db/inspect/explainer.hpp"

#include <fmt/format.h>

namespace prism::db {

using explanations::verdict;

namespace {

/// Longest subject that is shown again.
constexpr std::size_t max_shown = 600;

/// One snapshot for all statements, and limits that the server enforces.
constexpr const char* begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; "
                              "SET LOCAL statement_timeout = '2s'; SET LOCAL lock_timeout = '1s'";

} // namespace

void explainer::add(std::string what, result found, std::string detail,
                    std::optional<std::int64_t> at, std::optional<std::int64_t> place) {
  out_.checks.push_back({std::move(what), found, std::move(detail), at, place});
}

void explainer::row(std::string table, std::vector<std::pair<std::string, std::string>> columns) {
  out_.rows.push_back({std::move(table), std::move(columns)});
}

void explainer::dead_letter_row(const explained_dead_letter& each) {
  row("dead_letters", {{"id", std::to_string(each.id)},
                       {"seq", std::to_string(each.seq)},
                       {"path", each.path},
                       {"sqlstate", each.sqlstate},
                       {"reason", printable(each.reason, 300)},
                       {"created_at", explanations::time_text(each.created_at)}});
}

void explainer::conclude(verdict answer, std::string sentence, std::string advice) {
  if (std::exchange(concluded_, true))
    return;
  out_.answer = answer;
  out_.sentence = std::move(sentence);
  out_.advice = std::move(advice);
}

void explainer::run() {
  if (!what_.problem.empty()) {
    add("the subject is well formed", result::no, what_.problem);
    return conclude(verdict::malformed,
                    fmt::format("The subject names no account and no record: {}.", what_.problem));
  }
  add("the subject is well formed", result::yes);
  if (!what_.collection.empty()) {
    kind_ = atproto::collection_of(what_.collection);
    out_.uri =
        fmt::format("at://{}/{}", what_.did.empty() ? what_.handle : what_.did, what_.collection);
    if (what_.rkey.empty())
      return conclude(verdict::not_a_record, "The at-uri names a collection, not a record.",
                      "give a record key as well, or only the account");
    out_.uri += "/" + what_.rkey;
    const bool indexed = kind_ != atproto::collection::other;
    add("the collection is indexed", indexed ? result::yes : result::no, what_.collection);
    if (!indexed)
      return conclude(verdict::collection_not_indexed,
                      fmt::format("Prism does not index records of {}.", what_.collection));
  } else
    out_.uri = fmt::format("at://{}", what_.did.empty() ? what_.handle : what_.did);
  if (!find_account())
    return unknown_account();
  tasks_ = tasks_of(in_, account_->id);
  check_status();
  check_handle();
  check_repo();
  what_.collection.empty() ? explain_account() : explain_record();
}

bool explainer::find_account() {
  account_ =
      what_.did.empty() ? account_of_handle(in_, what_.handle) : account_of_did(in_, what_.did);
  did_ = account_ ? account_->did : what_.did;
  stream_ = view_stream(in_, did_, facts_);
  if (!account_) {
    add("the account is known", result::no,
        what_.did.empty() ? "no account has this handle confirmed" : "no event or record named it");
    return false;
  }
  out_.uri = fmt::format("at://{}", did_);
  if (!what_.collection.empty())
    out_.uri += fmt::format("/{}/{}", what_.collection, what_.rkey);
  add("the account is known", result::yes, fmt::format("users.id {}", account_->id));
  return true;
}

void explainer::unknown_account() {
  // PostgreSQL may have rejected the DID itself.
  if (!did_.empty())
    list_letters();
  out_.checks.push_back(stream_.as_check());
  if (what_.did.empty())
    return conclude(verdict::unknown_account,
                    fmt::format("No account has the handle {} confirmed.", what_.handle),
                    "ask for its DID: the account may be here under it");
  if (stream_.how == stream_view::state::behind)
    return conclude(verdict::behind,
                    fmt::format("Nothing is known of the account, and the node is behind: {}.",
                                stream_.detail));
  conclude(verdict::unknown_account,
           "Nothing is known of the account: no event of it has arrived, and no record names it.");
}

outcome<explanations::explanation> explain_inside(executor& on, std::string_view subject,
                                                  const explanations::node_facts& facts) {
  explanations::explanation out;
  out.subject = printable(subject, max_shown);
  lookup in(on);
  explainer(in, facts, parse_subject(subject), out).run();
  if (in.error())
    return tl::unexpected(*in.error());
  return out;
}

outcome<explanations::explanation> explain(connection& on, std::string_view subject,
                                           const explanations::node_facts& facts) {
  if (auto begun = on.exec_script(begin); !begun)
    return tl::unexpected(begun.error());
  auto out = on.exec_prepared(plan_settings).and_then([&](const auto&) {
    return explain_inside(on, subject, facts);
  });
  if (auto ended = on.exec_script("ROLLBACK"); !ended && out)
    return tl::unexpected(ended.error());
  return out;
}

} // namespace prism::db
