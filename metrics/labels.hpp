#pragma once

#include <array>
#include <string_view>

namespace prism::metrics {

/// The values of labels with a fixed set of values. Their series exist from the start, so that a
/// rate is correct from the first event on. Each list has the names that the module's `to_string`
/// returns, which a test compares. Any other value is counted as `other`.
namespace labels {

/// Counts values that are in no list. An increase is a defect of the program.
inline constexpr std::string_view other = "other";

/// `kind` of a frame: atproto::frame_kind.
inline constexpr std::array<std::string_view, 7> frame_kinds{
    "commit", "identity", "account", "sync", "info", "error", "unknown"};

/// `reason` of a bad frame: not decodable, over a limit of the decoder, over the size limit of the
/// source, or a text message.
inline constexpr std::array<std::string_view, 4> bad_frame_reasons{"invalid", "limit", "oversized",
                                                                   "text"};

/// `kind` of a frame out of order: prism::odd_number.
inline constexpr std::array<std::string_view, 3> out_of_order_kinds{"stray", "late", "refused"};

/// `reason` of a disconnect: net::disconnect_reason.
inline constexpr std::array<std::string_view, 12> disconnect_reasons{
    "resolve_failed",  "connect_failed", "tls_failed", "upgrade_refused",
    "connect_timeout", "closed",         "reset",      "idle",
    "oversized",       "protocol_error", "stopped",    "out_of_order"};

/// `action` of an operation: atproto::repo_action.
inline constexpr std::array<std::string_view, 3> actions{"create", "update", "delete"};

/// `reason` of a record skipped on purpose: its collection is not indexed, or it is stored already.
inline constexpr std::array<std::string_view, 2> skip_reasons{"unknown_collection", "replayed"};

/// `field` of a stamp that is out of bounds: prism::db::stamp_field.
inline constexpr std::array<std::string_view, 2> stamp_fields{"rev", "time"};

/// `class` of a database error: db::error_class.
inline constexpr std::array<std::string_view, 4> error_classes{"transient", "commit_unknown",
                                                               "poison", "fatal"};

/// `result` of a batch: committed, or why not; `fenced`: the shard was placed anew, and
/// the batch's token is not the newest.
inline constexpr std::array<std::string_view, 6> batch_results{
    "committed", "transient", "commit_unknown", "poison", "fatal", "fenced"};

/// `sqlstate` of a retried transaction: all states that db/pg/retry_policy retries. In this order:
/// serialization failure, deadlock, lock timeout, cancelled; connection lost or not made; server
/// stopping, crashed, starting or ending an idle session; a standby; a session ended in an idle
/// transaction; another server connection of a pooler.
inline constexpr std::array<std::string_view, 17> retried_states{
    "40001", "40P01", "55P03", "57014", "08000", "08001", "08003", "08004", "08006",
    "57P01", "57P02", "57P03", "57P05", "25006", "25P03", "26000", "42P05"};

/// `sqlstate` of a failed attempt: those that are retried; then, of those that are not, commit
/// unknown, another transaction timeout, no disk space, no memory, too many connections, a resource
/// limit, missing rights, a missing table or column, a broken constraint, bad text, an internal
/// error, the fence, another server (db/pg, db/index) and the pool's own two.
inline constexpr std::array<std::string_view, 34> failure_states{
    "40001", "40P01", "55P03", "57014", "08000", "08001", "08003", "08004", "08006",
    "57P01", "57P02", "57P03", "57P05", "25006", "25P03", "26000", "42P05", "08007",
    "25P04", "53100", "53200", "53300", "53400", "42501", "42P01", "42703", "23505",
    "23502", "22021", "XX000", "PF001", "PF003", "PP001", "PP002"};

/// `event` of a parked operation. The last four concern memory only, not the table: evicted with
/// its key, or dropped as the oldest of its key, to make room; never reported to memory, which was
/// busy; and not kept when memory was reloaded from the table, for lack of room.
inline constexpr std::array<std::string_view, 8> pending_events{
    "parked", "released", "cancelled", "expired", "evicted", "dropped", "unnoted", "not_kept"};

/// `map` of parked operations in memory: those that wait for a post, or for a list.
inline constexpr std::array<std::string_view, 2> pending_maps{"post", "list"};

/// `result` of a task of identity: db::identity_result, and the results of deletions.
inline constexpr std::array<std::string_view, 7> identity_results{
    "confirmed", "refuted", "failed", "deferred", "given_up", "purged", "hosted"};

/// `result` of a call of the data plane that lacked an identity: given from memory; looked up and
/// found; looked up and there is none; no server answered; it waited too long; nothing was
/// looked up, since a limit is reached; or an old one was given, and its lookup was begun.
inline constexpr std::array<std::string_view, 7> demand_results{
    "remembered", "found", "absent", "failed", "expired", "refused", "refreshed"};

/// `result` of an HTTP request of a lookup: net::http_client_stats.
inline constexpr std::array<std::string_view, 4> request_results{"answered", "failed", "refused",
                                                                 "held_back"};

/// `event` of a connection to the HTTP server: accepted; refused, since all others were being
/// answered; cut, since a newer one needed its place.
inline constexpr std::array<std::string_view, 3> http_events{"accepted", "refused", "evicted"};

/// `result` of a round of the cluster: the table was read, or not.
inline constexpr std::array<std::string_view, 2> round_results{"ok", "failed"};

/// `reason` why a message of another node was dropped: its shard is not placed here under its
/// token; this node does not lead, or the shard is not the sender's; this version does not know its
/// kind; it cannot be read.
inline constexpr std::array<std::string_view, 4> dropped_messages{"not_placed", "not_leader",
                                                                  "unknown_kind", "malformed"};

/// `reason` why a link between nodes ended: net::link_end.
inline constexpr std::array<std::string_view, 11> link_ends{
    "connect_failed", "handshake_failed", "refused",      "redundant", "silent", "lost",
    "malformed",      "overflow",         "unknown_peer", "removed",   "stopped"};

/// `reason` why the data plane's server ended a connection or a call: the client broke HTTP/2 or a
/// limit; nothing moved for too long; there were too many connections; it was no gRPC request.
inline constexpr std::array<std::string_view, 4> dataplane_ends{"protocol", "stalled", "too_many",
                                                                "bad_request"};

/// `reason` why the data plane refused a call: no reader has a database session; too many wait, or
/// their requests have too many bytes; it waited too long; its reader did not answer in time.
inline constexpr std::array<std::string_view, 4> dataplane_refusals{
    "no_reader", "overloaded", "waited_too_long", "not_answered"};

/// `status` of a call of the data plane: net::grpc_status.
inline constexpr std::array<std::string_view, 9> call_statuses{
    "ok",        "invalid_argument",  "not_found", "unavailable",  "resource_exhausted",
    "cancelled", "deadline_exceeded", "internal",  "unimplemented"};

/// `event` of a connection to the tunnel: accepted; admitted; cut, since its certificate was no
/// longer good; ended, since nothing passed for too long; cut, since it sent a message that
/// breaks the rules (net/tunnel/message_filter.hpp).
inline constexpr std::array<std::string_view, 5> tunnel_events{"accepted", "admitted", "cut",
                                                               "idle", "bad_message"};

/// `reason` of a connection refused by the tunnel: net::tunnel_refusal.
inline constexpr std::array<std::string_view, 16> tunnel_refusals{
    "no_certificate",  "unknown_ca", "expired",  "not_yet_valid", "revoked",   "bad_role",
    "bad_certificate", "not_tls",    "too_slow", "disconnected",  "bad_hello", "wrong_version",
    "wrong_cluster",   "not_ready",  "too_many", "evicted"};

/// `direction` of bytes through the tunnel, as the node sees it.
inline constexpr std::array<std::string_view, 2> tunnel_directions{"in", "out"};

/// `result` of reading changed certificate files: failed means that the previous ones stay in use.
inline constexpr std::array<std::string_view, 2> certificate_reloads{"done", "failed"};

/// `reason` why a database session was replaced: connection lost, maximum age reached, or crash.
inline constexpr std::array<std::string_view, 3> session_ends{"broken", "aged", "crashed"};

/// `table` in which the janitor found incorrect rows.
inline constexpr std::array<std::string_view, 5> audited_tables{
    "feed_items", "notifications", "post_aggregates", "user_aggregates", "list_aggregates"};

} // namespace labels

} // namespace prism::metrics
