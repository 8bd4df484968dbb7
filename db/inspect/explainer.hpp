#pragma once

#include "db/inspect/explained_rows.hpp"
#include "db/inspect/stored_row.hpp"
#include "db/inspect/stream_view.hpp"
#include "db/inspect/subject.hpp"
#include "inspect/explanation.hpp"
#include "inspect/node_facts.hpp"

namespace prism::db {

/// Makes one explanation, check by check. Use once; for explain.cpp and the
/// explain_*.cpp beside it.
class explainer {
public:
  /// All arguments must outlive the explainer.
  explainer(lookup& in, const explanations::node_facts& facts, explained_subject what,
            explanations::explanation& out)
      : in_(in), facts_(facts), what_(std::move(what)), out_(out) {}

  void run();

private:
  using result = explanations::check_result;

  // explain.cpp
  void add(std::string what, result found, std::string detail = {},
           std::optional<std::int64_t> at = {}, std::optional<std::int64_t> place = {});
  void row(std::string table, std::vector<std::pair<std::string, std::string>> columns);
  void dead_letter_row(const explained_dead_letter& each);
  void conclude(explanations::verdict answer, std::string sentence, std::string advice = {});
  [[nodiscard]] bool find_account();
  void unknown_account();

  // explain_account.cpp
  void check_status();
  void check_handle();
  void check_repo();
  void explain_account();
  void list_refusals();
  void list_letters();

  // explain_record.cpp
  void explain_record();
  void check_refused();
  void check_dead_letters();
  void check_parked();
  void check_history();
  void conclude_stored();
  void conclude_absent();

  // explain_stored.cpp
  void check_stored();
  void check_relation();
  void check_post();
  void check_reply(const stored_post& post);
  void check_quote(const stored_post& post);
  void check_blocks(const stored_post& post);

  lookup& in_;
  const explanations::node_facts& facts_;
  const explained_subject what_;
  explanations::explanation& out_;
  bool concluded_{false};

  stream_view stream_;
  std::string did_;
  std::optional<explained_account> account_;
  std::optional<explained_head> head_;
  std::vector<explained_task> tasks_;
  std::optional<explained_refusal> refused_event_; ///< of the repo
  bool deaf_{false};

  // Of a record.
  atproto::collection kind_{atproto::collection::other};
  std::optional<std::int64_t> uri_; ///< its own, or that of its gate's post
  std::optional<stored_row> stored_;
  std::optional<explained_refusal> refused_;
  std::optional<explained_dead_letter> dead_letter_;
  std::optional<explained_parked> parked_;
  std::string referent_; ///< what it waits for
  std::optional<explained_past> past_;
  std::string hidden_by_; ///< what hides a stored post, as a text
  std::string counted_;   ///< the record that counts instead of this one
};

} // namespace prism::db
