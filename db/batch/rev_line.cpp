#include "db/batch/rev_line.hpp"

#include <algorithm>
#include <utility>

namespace prism::db {

rev_line::rev_line(const batch& of, const known_repos& repos) : of_(of), repos_(repos) {
  for (const auto& [repo, known] : repos)
    newest_.emplace(repo, known.rev);
}

void rev_line::advance(std::size_t heads, stream_place place) {
  heads = std::min(heads, of_.heads.size());
  for (;;) {
    while (event_ < of_.accounts.size() && !is_deletion(of_.accounts[event_]))
      ++event_;
    const bool deletes = event_ < of_.accounts.size() && of_.accounts[event_].place < place;
    if (deletes && (of_.accounts[event_].heads_before <= head_ || head_ >= heads))
      pass_deletion(of_.accounts[event_++].account);
    else if (head_ < heads)
      pass_head(of_.heads[head_++]);
    else
      return;
  }
}

bool rev_line::is_new(did_ref repo, std::string_view rev) const {
  const auto known = newest_.find(repo);
  return known == newest_.end() || rev > known->second;
}

head_changes rev_line::finish() {
  advance(of_.heads.size(), end_of_places);
  return std::exchange(changes_, {});
}

void rev_line::pass_head(const repo_head& head) {
  if (auto& rev = newest_[head.repo]; rev < head.rev)
    rev = head.rev;
  (changes_.deleted.contains(head.repo) ? changes_.behind : changes_.before).push_back(&head);
}

void rev_line::pass_deletion(did_ref account) {
  auto& rev = newest_[account];
  const auto [at, first] = changes_.deleted.try_emplace(account, rev);
  if (const auto known = repos_.find(account);
      first && known != repos_.end() && known->second.deletion_rev)
    at->second = *known->second.deletion_rev;
  rev = at->second;
  std::erase_if(changes_.behind, [&](const auto* head) { return head->repo == account; });
}

} // namespace prism::db
