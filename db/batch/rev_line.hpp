#pragma once

#include "db/batch/batch.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace prism::db {

/// What is stored of a repo.
struct known_repo {
  std::string rev; ///< the last one; empty: every commit is newer
  /// Place of a deletion of its account that waits for confirmation; 0 if there is none.
  stream_place waiting_deletion{0};
  /// The rev at which a deletion of its account first arrived; empty: none has.
  std::optional<std::string> deletion_rev{};
};

/// Those that are absent have none.
using known_repos = std::unordered_map<did_ref, known_repo>;

/// What a batch does to the stored revs, in this order. Points into the batch.
struct head_changes {
  /// Of accounts that the batch does not delete, and those before the deletion.
  std::vector<const repo_head*> before;
  /// Of each account that the batch deletes: the rev to go back to.
  std::unordered_map<did_ref, std::string> deleted;
  std::vector<const repo_head*> behind; ///< behind the last deletion of their account
};

/// The newest rev of each repo, from the begin of a batch to its end. A commit must be newer (sync
/// spec: "rev must increase"), but a deletion takes the rev back to where it was at the first
/// deletion of the account: a replay deletes what the commits behind it have written, and these
/// come again.
class rev_line {
public:
  /// @param of, repos must outlive it, and the batch what `finish` returns
  rev_line(const batch& of, const known_repos& repos);

  /// Goes on to a point of the batch.
  /// @param heads how many heads of the batch are before it; never fewer than before
  /// @param place deletions before it count
  void advance(std::size_t heads, stream_place place);

  /// Whether a commit there is newer than what came before.
  [[nodiscard]] bool is_new(did_ref repo, std::string_view rev) const;

  /// Goes on to the end of the batch.
  [[nodiscard]] head_changes finish();

private:
  void pass_head(const repo_head& head);
  void pass_deletion(did_ref account);

  const batch& of_;
  const known_repos& repos_;
  std::unordered_map<did_ref, std::string_view> newest_;
  std::size_t head_{0};  // the next one
  std::size_t event_{0}; // the next one of `batch::accounts`
  head_changes changes_;
};

} // namespace prism::db
