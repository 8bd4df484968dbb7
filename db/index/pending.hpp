#pragma once

#include "db/index/relations.hpp"
#include "db/pg/pipeline.hpp"

#include <vector>

/// Operations whose referent is not indexed yet (table pending_ops). They are parked in the batch's
/// own transaction, so the cursor may pass them, and released in the transaction that indexes the
/// referent.
namespace prism::db {

/// Whether operations of this collection can be parked.
[[nodiscard]] constexpr bool can_be_parked(atproto::collection kind) noexcept {
  using atproto::collection;
  return kind == collection::like || kind == collection::repost || kind == collection::list_item;
}

/// A parked operation: a like or repost that waits for its subject, or an item for its list.
struct pending_op {
  atproto::collection kind{atproto::collection::other};
  std::int64_t referent_id{0};
  relation row;
};

/// A change of one parked operation.
enum class pending_event : std::uint8_t { parked, released, cancelled };
struct pending_change {
  pending_event what{pending_event::parked};
  atproto::collection kind{atproto::collection::other};
  std::int64_t referent_id{0};
  std::int64_t creator_id{0};
  std::string rkey;

  friend bool operator==(const pending_change&, const pending_change&) = default;
};

/// The rows that `queue_park`, `queue_cancel_parked` or `select_newest_pending` returned.
[[nodiscard]] std::vector<pending_change> read_pending_changes(const result& rows,
                                                               pending_event what);

/// The operations parked last, at most `limit`, oldest first. Index: pending_ops_parked_at.
[[nodiscard]] outcome<std::vector<pending_change>> select_newest_pending(executor& on,
                                                                         std::int64_t limit);

/// Parks operations. Returns (collection, referent, other, creator, rkey) of those that are new.
void queue_park(pipeline& out, const std::vector<pending_op>& ops);

/// Deletes parked operations whose record was deleted or replaced; list items go to the history.
/// Returns (collection, referent, other, creator, rkey) of each. Index: primary key.
void queue_cancel_parked(pipeline& out, atproto::collection kind,
                         const std::vector<record_key>& paths);

/// List and subject of the list items that `queue_cancel_parked` returned; all else is empty.
[[nodiscard]] std::vector<relation> read_cancelled_items(const result& rows);

/// Removes all operations that wait for these uris, and returns them. Index: pending_ops_referent.
void queue_release(pipeline& out, const std::vector<std::int64_t>& referents);

/// The rows that `queue_release` returned, oldest first.
[[nodiscard]] std::vector<pending_op> read_released(const result& rows);

/// Rkeys of one creator's parked operations of one collection that are not behind
/// `until`, at most `limit`.
void queue_select_parked(pipeline& out, atproto::collection kind, std::int64_t creator_id,
                         stream_place until, std::int64_t limit);

} // namespace prism::db
