#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The answer to "why is this account or record here, or not here?" as plain values: made by
/// db/inspect/explain from rows of the database, sent as JSON, and shown as text by the client.
namespace prism::explanations {

/// The answer in one word. Its names are part of the JSON and stay.
enum class verdict : std::uint8_t {
  // Of a record or an account.
  malformed,        ///< the subject is no DID, handle, or at-uri of an account or record
  unknown_account,  ///< no event and no record named this DID or handle
  here,             ///< stored, and a reader is shown it
  account_inactive, ///< the account is deactivated, taken down, …: readers leave it out
  account_deleted,  ///< the account and what it had are deleted
  behind,           ///< the node has not come so far in the stream, or does not run
  // Of an account.
  referenced_only,  ///< others name it; nothing of its own has arrived
  handle_waiting,   ///< its handle has not been confirmed yet
  repo_deaf,        ///< the rev of its head is in the future: all that comes looks old
  deletion_waiting, ///< its deletion is waiting for its PDS to confirm it
  // Of a record.
  not_a_record, ///< the at-uri names a collection
  collection_not_indexed,
  older_version,    ///< stored, but a newer version was refused or put aside
  here_not_counted, ///< stored as a duplicate: another record of the same pair counts
  here_hidden,      ///< stored, but a gate or its author's rule hides it or its embed
  parked,           ///< waits for the post or list it refers to
  refused,          ///< its lexicon or a rule of Prism refused it
  dead_letter,      ///< PostgreSQL rejected it; it was put aside
  commit_refused,   ///< the commit that had it was refused as a whole
  deleted,          ///< its owner deleted it
  never_arrived,    ///< nothing is known of it
};

/// The name in JSON: "here_not_counted".
[[nodiscard]] std::string_view to_string(verdict value) noexcept;

/// The outcome of one check. Each check is worded so that "yes" is what lets a record be seen.
enum class check_result : std::uint8_t { yes, no, unknown, not_applicable };

/// The name in JSON: "yes", "no", "unknown", "not_applicable".
[[nodiscard]] std::string_view to_string(check_result value) noexcept;

/// One check that the subject passed or failed.
struct check {
  std::string what; ///< "the record is stored"
  check_result result{check_result::unknown};
  std::string detail{};                ///< what was found; may be empty
  std::optional<std::int64_t> at{};    ///< µs since 1970: when it came about, if that is known
  std::optional<std::int64_t> place{}; ///< in the stream (db/batch/place.hpp), if that is known
};

/// Times in details and rows: RFC 3339 in UTC, of µs since 1970.
[[nodiscard]] std::string time_text(std::int64_t at);

/// A row that was found: the columns that matter, as text.
struct found_row {
  std::string table;
  std::vector<std::pair<std::string, std::string>> columns;
};

/// The whole answer. Bounded: at most about 60 rows and checks of at most 600 bytes each.
struct explanation {
  std::string subject; ///< as it was asked, printable
  std::string uri;     ///< at://DID or at://DID/collection/rkey, as far as it was resolved
  verdict answer{verdict::malformed};
  std::string sentence;  ///< the answer in one sentence
  std::string advice;    ///< what an operator can do; may be empty
  bool truncated{false}; ///< more rows exist than `rows` has
  std::vector<check> checks{};
  std::vector<found_row> rows{};
};

} // namespace prism::explanations
