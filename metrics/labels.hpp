#pragma once

#include <array>
#include <string_view>

namespace prism::metrics {

/// The values of the labels whose values are known beforehand. Their series exist from the start,
/// so that a rate over one is right from its first event on. Each list has the names that the
/// module's own `to_string` gives, which a test compares; anything else is counted as `other`.
namespace labels {

/// Where a value goes that no list knows. Seeing it rise is a defect of ours.
inline constexpr std::string_view other = "other";

/// `kind` of a frame: atproto::frame_kind.
inline constexpr std::array<std::string_view, 7> frame_kinds{
    "commit", "identity", "account", "sync", "info", "error", "unknown"};

/// `reason` of a bad frame: not decodable, over a cap, over the source's size limit, or a text
/// message.
inline constexpr std::array<std::string_view, 4> bad_frame_reasons{"invalid", "limit", "oversized",
                                                                   "text"};

/// `reason` of the end of a connection: net::disconnect_reason.
inline constexpr std::array<std::string_view, 11> disconnect_reasons{
    "resolve_failed",  "connect_failed", "tls_failed", "upgrade_refused",
    "connect_timeout", "closed",         "reset",      "idle",
    "oversized",       "protocol_error", "stopped"};

/// `action` of an operation: atproto::repo_action.
inline constexpr std::array<std::string_view, 3> actions{"create", "update", "delete"};

/// `reason` of a record passed over on purpose: its collection is not indexed, or the shard has it
/// stored already.
inline constexpr std::array<std::string_view, 2> skip_reasons{"unknown_collection", "replayed"};

/// `class` of a database error: db::error_class.
inline constexpr std::array<std::string_view, 4> error_classes{"transient", "commit_unknown",
                                                               "poison", "fatal"};

/// `result` of a batch: committed, or why not; `fenced` is a newer leader's epoch.
inline constexpr std::array<std::string_view, 6> batch_results{
    "committed", "transient", "commit_unknown", "poison", "fatal", "fenced"};

/// `sqlstate` of a retried transaction: all that db/pg/retry_policy retries. Serialization,
/// deadlock, lock, cancelled; connections lost or not made; servers that stop, crash, start, end an
/// idle session or are gone with their database; a standby; a pooler's other connection.
inline constexpr std::array<std::string_view, 17> retried_states{
    "40001", "40P01", "55P03", "57014", "08000", "08001", "08003", "08004", "08006",
    "57P01", "57P02", "57P03", "57P05", "25006", "25P03", "26000", "42P05"};

/// `event` in the life of a parked operation. The last four concern memory only, not the table:
/// pushed out with its key, or from the end of its key's list, when a newer one came; never told
/// of, since memory was busy; and out of room when memory was filled from the table again.
inline constexpr std::array<std::string_view, 8> pending_events{
    "parked", "released", "cancelled", "expired", "evicted", "dropped", "unnoted", "not_kept"};

/// `map` of what waits in memory: for a post, or for a list.
inline constexpr std::array<std::string_view, 2> pending_maps{"post", "list"};

/// `result` of a task of identity: db::identity_result, and what became of deletions.
inline constexpr std::array<std::string_view, 7> identity_results{
    "confirmed", "refuted", "failed", "deferred", "given_up", "purged", "hosted"};

/// `result` of an HTTP request to others: net::http_client_stats.
inline constexpr std::array<std::string_view, 4> request_results{"answered", "failed", "refused",
                                                                 "held_back"};

/// `reason` of a database session's replacement: its connection was lost, it was old, it crashed.
inline constexpr std::array<std::string_view, 3> session_ends{"broken", "aged", "crashed"};

/// `table` in which the janitor found what should not be.
inline constexpr std::array<std::string_view, 5> audited_tables{
    "feed_items", "notifications", "post_aggregates", "user_aggregates", "list_aggregates"};

} // namespace labels

} // namespace prism::metrics
