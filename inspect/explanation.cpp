#include "inspect/explanation.hpp"

#include "atproto/syntax/datetime.hpp"

#include <array>

namespace prism::explanations {

std::string_view to_string(verdict value) noexcept {
  constexpr std::array<std::string_view, 21> names{
      "malformed",        "unknown_account",  "here",
      "account_inactive", "account_deleted",  "behind",
      "referenced_only",  "handle_waiting",   "repo_deaf",
      "deletion_waiting", "not_a_record",     "collection_not_indexed",
      "older_version",    "here_not_counted", "here_hidden",
      "parked",           "refused",          "dead_letter",
      "commit_refused",   "deleted",          "never_arrived"};
  static_assert(names.size() == static_cast<std::size_t>(verdict::never_arrived) + 1);
  return names[static_cast<std::size_t>(value)];
}

std::string time_text(std::int64_t at) {
  return atproto::format_datetime(at);
}

std::string_view to_string(check_result value) noexcept {
  constexpr std::array<std::string_view, 4> names{"yes", "no", "unknown", "not_applicable"};
  return names[static_cast<std::size_t>(value)];
}

} // namespace prism::explanations
