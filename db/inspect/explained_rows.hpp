#pragma once

#include "atproto/records/collection.hpp"
#include "db/inspect/lookup.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The rows that explanations are made of. Each function is one statement: a descent of an index
/// for one key, or, where it says so, of at most `most_listed` rows.
namespace prism::db {

/// Most rows of one table in an explanation.
inline constexpr std::int64_t most_listed = 20;
/// Counts of rows stop here.
inline constexpr std::int64_t most_counted = 1000;

struct explained_account {
  std::int64_t id{0};
  std::string did;
  std::optional<std::string> handle;
  std::optional<std::int64_t> handle_time;
  std::optional<std::int64_t> indexed_at;
  std::optional<std::string> status;
  std::optional<std::int64_t> status_place;
  std::optional<std::int64_t> identity_place;
};
[[nodiscard]] std::optional<explained_account> account_of_did(lookup& in, std::string_view did);
[[nodiscard]] std::optional<explained_account> account_of_handle(lookup& in,
                                                                 std::string_view handle);

struct explained_head {
  std::string rev;
  std::int64_t commit_time{0};
};
[[nodiscard]] std::optional<explained_head> head_of(lookup& in, std::int64_t account);

struct explained_task {
  std::int16_t kind{0}; ///< identity_kind
  std::int64_t event_time{0};
  std::int32_t attempts{0};
  std::int64_t due_at{0};
  bool claimed{false};
  std::string last_error; ///< of the last try; empty: none
};
[[nodiscard]] std::vector<explained_task> tasks_of(lookup& in, std::int64_t account);

/// Followers, follows and posts of an account: "3 followers, …"; empty without a row.
[[nodiscard]] std::optional<std::string> counts_of(lookup& in, std::int64_t account);

struct explained_refusal {
  std::int16_t collection{0};
  std::string rkey;
  std::optional<std::vector<std::byte>> cid;
  std::string reason;
  std::string message;
  std::int64_t place{0};
  std::int64_t recorded_at{0};
};
/// "wrong_type at $.text: …": the reason is not said twice.
[[nodiscard]] std::string describe(const explained_refusal& what);
/// Of one record; with `other` and no rkey: the newest event of the repo that was refused whole.
[[nodiscard]] std::optional<explained_refusal>
refusal_of(lookup& in, std::int64_t account, atproto::collection kind, std::string_view rkey);
/// The newest of an account, at most `most_listed` + 1.
[[nodiscard]] std::vector<explained_refusal> refusals_of(lookup& in, std::int64_t account);

struct explained_dead_letter {
  std::int64_t id{0};
  std::int64_t seq{0};
  std::int64_t place{0};
  std::string path;
  std::string reason;
  std::string sqlstate;
  std::int64_t created_at{0};
  bool names_path{false}; ///< a whole frame whose bytes have the path
};
/// The newest of a DID, at most `most_listed` + 1: with `path` only those of this path, and at most
/// five whole frames.
[[nodiscard]] std::vector<explained_dead_letter> dead_letters_of(lookup& in, std::string_view did);
[[nodiscard]] std::vector<explained_dead_letter> dead_letters_of(lookup& in, std::string_view did,
                                                                 std::string_view path);

struct explained_parked {
  std::int64_t referent_id{0};
  std::int64_t parked_at{0};
  std::int64_t place{0};
};
[[nodiscard]] std::optional<explained_parked>
parked_of(lookup& in, std::int64_t account, atproto::collection kind, std::string_view rkey);
/// Operations that an account has parked, and those that wait for a uri; counted up to
/// `most_counted`.
[[nodiscard]] std::int64_t count_parked_by(lookup& in, std::int64_t account);
[[nodiscard]] std::int64_t count_parked_for(lookup& in, std::int64_t uri);

/// Id of the uri of a record; empty if nothing named it.
[[nodiscard]] std::optional<std::int64_t> uri_of(lookup& in, std::int64_t account,
                                                 atproto::collection kind, std::string_view rkey);

/// A uri by its id.
struct explained_uri {
  std::int64_t repo_id{0};
  std::string text;
};
[[nodiscard]] explained_uri uri_by_id(lookup& in, std::int64_t id);
[[nodiscard]] std::string did_by_id(lookup& in, std::int64_t id);

/// The last version that history keeps of a post or gate.
struct explained_past {
  std::int64_t place{0};
  std::int64_t until{0};
  std::int64_t recorded_at{0};
};
[[nodiscard]] bool has_history(atproto::collection kind) noexcept;
[[nodiscard]] std::optional<explained_past> past_of(lookup& in, atproto::collection kind,
                                                    std::int64_t uri);

/// Whether one account blocks another.
[[nodiscard]] bool blocks(lookup& in, std::int64_t who, std::int64_t whom);

} // namespace prism::db
