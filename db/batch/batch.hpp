#pragma once

#include "atproto/cbor/cid.hpp"
#include "atproto/records/collection.hpp"
#include "db/batch/place.hpp"
#include "db/batch/refs.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// A batch: the rows that one shard writes in one transaction, from consecutive frames of its
/// lane. Plain values; built by db/batch/batch_builder, applied by db/apply/indexer.
namespace prism::db {

/// Microseconds since the Unix epoch.
using micros = std::int64_t;
using bytes = std::vector<std::byte>;

/// A post's columns. JSON fields are texts; an empty optional is SQL null.
struct post_row {
  uri_ref reply_root{no_ref};
  uri_ref reply_parent{no_ref};
  uri_ref quoted{no_ref}; ///< only if it names a post, by DID or by handle
  std::optional<bytes> reply_root_cid;
  std::optional<bytes> reply_parent_cid;
  std::string text;
  std::optional<std::string> langs; ///< array literal
  std::optional<std::string> tags;  ///< array literal
  std::optional<std::string> facets;
  std::optional<std::string> embed;
  std::optional<std::string> labels;
  std::optional<std::string> extra;
  std::vector<did_ref> mentions;
};

/// A record that joins its creator with a subject: like, repost, follow, block, list item, list
/// block, verification. Which members are used depends on the collection (db/index/relations.hpp).
struct relation_row {
  std::uint32_t subject{no_ref}; ///< a uri_ref for like and repost, else a did_ref
  uri_ref list{no_ref};
  uri_ref via{no_ref};
  bytes subject_cid;
  std::optional<bytes> via_cid;
  std::string handle;
  std::string display_name;
};

struct list_row {
  std::string name;
  std::string purpose;
};
struct feed_generator_row {
  std::string feed_did;
  std::string display_name;
};
struct starter_pack_row {
  std::string name;
};
/// A gate of the post with the same repo and rkey.
struct thread_gate_row {
  std::optional<std::int16_t> allows; ///< bits of `gate_allows`
  std::vector<uri_ref> lists;
  std::vector<uri_ref> hidden_replies;
};
struct post_gate_row {
  bool embedding_disabled{false};
  std::vector<uri_ref> detached;
};
struct profile_row {
  std::optional<std::string> display_name;
  std::optional<std::string> description;
  uri_ref joined_via{no_ref};
};
/// Labeler, status and declarations have no columns of their own.
struct plain_row {};

using row = std::variant<plain_row, post_row, relation_row, list_row, feed_generator_row,
                         starter_pack_row, thread_gate_row, post_gate_row, profile_row>;

/// Bits of `thread_gates.allows`.
enum gate_allows : std::int16_t { allows_mentioned = 1, allows_followers = 2, allows_followed = 4 };

enum class op_action : std::uint8_t { create, update, remove };

/// One operation on one record.
struct op {
  did_ref creator{no_ref};
  atproto::collection kind{atproto::collection::other};
  op_action action{op_action::create};
  uri_ref self{no_ref}; ///< if others refer to the record by uri; a gate has its post's uri
  std::string rkey;
  std::string rev;
  std::int64_t seq{0};
  stream_place place{0};
  micros commit_time{0}; ///< of its event, not after its arrival by more than 5 minutes
  // The rest is empty for `remove`.
  std::optional<micros> created_at;
  /// createdAt as written, if `created_at` formats to another text.
  std::optional<std::string> created_text;
  atproto::cid cid;
  /// The block; only if the columns cannot rebuild it or the table always keeps it.
  std::optional<bytes> record;
  row columns;
};

/// The path of the record in its repo: collection/rkey.
[[nodiscard]] std::string path_of(const op& operation);

/// An operation that is left out, since its record violates its lexicon or a rule or cannot be
/// read; or an event that is refused as a whole. A row of refused_records says so.
struct refused_op {
  did_ref creator{no_ref};
  atproto::collection kind{atproto::collection::other}; ///< `other`: the whole event
  std::string rkey;                                     ///< printable; empty for a whole event
  std::string rev;                                      ///< of its commit; empty: not known
  stream_place place{0};
  std::optional<atproto::cid> cid;
  std::string reason;          ///< a short stable word
  std::string message;         ///< printable, at most `max_refusal_message` bytes
  std::size_t heads_before{0}; ///< heads of the batch that come before it, without its own
};
inline constexpr std::size_t max_refusal_message = 500;

/// The newest commit or sync of a repo in the batch.
struct repo_head {
  did_ref repo{no_ref};
  std::string rev;
  atproto::cid commit;
  micros commit_time{0};
  std::size_t ops_before{0}; ///< operations of the batch that come before it, its own included
};

/// An #account event.
struct account_event {
  did_ref account{no_ref};
  std::int64_t seq{0};
  stream_place place{0};
  micros time{0};
  bool active{true};
  std::string status; ///< empty when active
};

[[nodiscard]] inline bool is_deletion(const account_event& event) {
  return !event.active && event.status == "deleted";
}

/// An #identity event.
struct identity_event {
  did_ref account{no_ref};
  stream_place place{0};
  micros time{0};
};

/// All that one transaction writes.
struct batch {
  std::string service; ///< the relay's URL; cursors are per service
  std::int32_t shard{0};
  std::int64_t token{0};      ///< of the placement of the shard; an older one is fenced
  std::int64_t place_base{0}; ///< of the stream (`place_of`)
  /// The cursor as the shard knows it, from a COMMIT or from the table: a row below it shows that
  /// the database went back.
  std::int64_t previous_seq{0};
  std::int64_t last_seq{0}; ///< the shard's cursor after this batch
  /// False: the cursor stands there already and stays, since the batch consists of frames that came
  /// out of order behind it (core/stream_sequence.hpp).
  bool moves_cursor{true};
  std::uint32_t frames{0};
  ref_tables refs;
  std::vector<op> ops;             ///< in the order of the firehose
  std::vector<refused_op> refused; ///< in the order of the firehose
  std::vector<repo_head> heads;
  std::vector<account_event> accounts;
  std::vector<identity_event> identities;
  /// Whether deletions of accounts wait until the account's PDS has confirmed them
  /// (db/accounts/identity); otherwise the batch carries them out.
  bool verify_deletions{false};
  /// All operations are deletions of what a deleted account had (db/accounts/account_removal).
  bool removes_account{false};
  /// users.id of each DID in `refs`, filled by user_creation before the batch is applied.
  std::vector<std::int64_t> user_ids;
};

} // namespace prism::db
