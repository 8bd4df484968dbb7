#pragma once

#include "atproto/cbor/cbor.hpp"
#include "atproto/records/collection.hpp"
#include "core/error.hpp"

#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// Typed views of the records of every indexed collection (lexicons/ has their schemas). All
/// string_views and nodes point into the record's block and its document, which must outlive them.
/// Texts are UTF-8 as the record has them: times are not parsed, and a uri may name its repo by a
/// handle. An empty optional is a field that is not there; lexicons allow null in none of these.
namespace prism::atproto {

/// com.atproto.repo.strongRef: an at-uri and the CID of the referenced version, as text.
struct strong_ref {
  std::string_view uri;
  std::string_view cid;
};

struct post_record {
  std::string_view text;
  std::string_view created_at;
  std::optional<strong_ref> reply_root;
  std::optional<strong_ref> reply_parent;
  std::optional<cbor_node> langs;  ///< an array of texts
  std::optional<cbor_node> tags;   ///< an array of texts
  std::optional<cbor_node> facets; ///< an array of maps
  std::optional<cbor_node> embed;  ///< a map
  std::optional<cbor_node> labels; ///< a map
  /// Fields that have no member of their own, in block order; without `$type` and `reply`.
  std::vector<std::pair<std::string_view, cbor_node>> extra;
  /// DIDs of mention facets, in order, repeats kept.
  std::vector<std::string_view> mentions;
  /// The embedded record, alone or with media; of any collection.
  std::optional<strong_ref> quoted;
};

/// A like or a repost.
struct subject_record {
  strong_ref subject;
  std::string_view created_at;
  std::optional<strong_ref> via; ///< the repost through which it was found
};

/// A follow or a block.
struct pair_record {
  std::string_view subject; ///< a DID
  std::string_view created_at;
};

struct list_item_record {
  std::string_view subject; ///< DID of the member
  std::string_view list;    ///< an at-uri
  std::string_view created_at;
};

/// A list block or an opt-out of a reference list.
struct list_subject_record {
  std::string_view list; ///< an at-uri; the record's field `subject`
  std::string_view created_at;
};

/// The handle and the name are those that the subject had at the time.
struct verification_record {
  std::string_view subject; ///< a DID
  std::string_view handle;
  std::string_view display_name;
  std::string_view created_at;
};

struct list_record {
  std::string_view name;
  std::string_view purpose; ///< a token: "app.bsky.graph.defs#curatelist"
  std::string_view created_at;
};

struct feed_generator_record {
  std::string_view did; ///< of the service that makes the feed
  std::string_view display_name;
  std::string_view created_at;
};

struct starter_pack_record {
  std::string_view name;
  std::string_view created_at;
};

/// Who may reply to a thread besides its author.
struct reply_rules {
  bool mentioned{false};               ///< whom the root mentions
  bool followers{false};               ///< who follows its author
  bool followed{false};                ///< whom its author follows
  std::vector<std::string_view> lists; ///< members of these; at-uris, repeats kept
};

/// A thread's gate. Without `allow` anyone may reply; with an empty one only the author.
struct thread_gate_record {
  std::string_view post; ///< at-uri of the root
  std::string_view created_at;
  std::optional<reply_rules> allow;
  std::vector<std::string_view> hidden_replies; ///< at-uris, repeats kept
};

/// A post's gate: which posts may embed it.
struct post_gate_record {
  std::string_view post; ///< an at-uri
  std::string_view created_at;
  bool embedding_disabled{false};         ///< nobody may quote it
  std::vector<std::string_view> detached; ///< at-uris of quotes that may not show it, repeats kept
};

struct profile_record {
  std::optional<std::string_view> display_name;
  std::optional<std::string_view> description;
  std::optional<std::string_view> created_at;
  std::optional<strong_ref> joined_via; ///< a starter pack
};

/// A record of which only the date is used, if it has one (labeler, status, declarations). In a
/// declaration, whose lexicon does not name it, what is no text counts as none.
struct plain_record {
  std::optional<std::string_view> created_at;
};

using record =
    std::variant<plain_record, post_record, subject_record, pair_record, list_item_record,
                 list_subject_record, verification_record, list_record, feed_generator_record,
                 starter_pack_record, thread_gate_record, post_gate_record, profile_record>;

/// Reads the fields of a record whose block is already valid DAG-CBOR and, for collections with a
/// lexicon, valid by it.
/// @param kind collection of the record's path; not `other`.
/// @param root the block's top node.
/// @returns `errc::invalid` naming the first missing or mistyped field.
[[nodiscard]] expected<record> parse_record(collection kind, const cbor_node& root);

} // namespace prism::atproto
