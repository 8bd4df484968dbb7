#pragma once

#include "db/batch/place.hpp"
#include "db/pg/pipeline.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

/// Whether a reply names the right root: its parent is the root and no reply, or a valid reply with
/// the same root, and the parent precedes the reply in the stream. (Official rule: @atproto/bsky,
/// `invalidReplyRoot`.) A valid parent precedes its replies, so no circle of replies
/// depends on itself, and one pass in stream order decides any graph.
namespace prism::db {

/// A version of a reply, past or present, and the version of its parent that was valid at its
/// place.
struct reply_version {
  struct parent_version {
    stream_place place;
    std::optional<std::int64_t> root_id;
    bool is_reply;
    bool invalid;
  };
  std::int64_t id;
  stream_place place;
  stream_place until; ///< it ended there
  std::optional<std::int64_t> root_id;
  std::int64_t parent_id;
  bool invalid; ///< as stored
  std::optional<parent_version> parent;
};

/// Evaluates replies whose surroundings changed, and all replies below those whose result changed.
/// A plain value: the caller reads and writes the rows.
class reply_roots {
public:
  /// A reply whose result differs from the stored one.
  struct change {
    std::int64_t id;
    stream_place place;
    stream_place until;
    bool invalid;
  };

  /// Adds replies to evaluate; those that are there already are read anew.
  void add(const std::vector<reply_version>& replies);

  /// Evaluates all replies, in stream order.
  /// @returns those that differ from what is stored
  [[nodiscard]] std::vector<change> evaluate();

private:
  using key = std::pair<stream_place, std::int64_t>;
  struct entry {
    reply_version version;
    bool now;
  };
  [[nodiscard]] bool is_invalid(const reply_version& reply) const;

  std::map<key, entry> entries_; // in stream order
};

/// The versions of these replies. Index: primary keys.
void queue_select_reply_versions(pipeline& out, const std::vector<std::int64_t>& ids);
[[nodiscard]] std::vector<reply_version> read_reply_versions(const result& rows);

/// The ids of all replies below changed ones, at any depth, that follow them in the stream. Gives
/// (id). Index: posts_reply_parent, past_posts_reply_parent.
void queue_select_replies_below(pipeline& out, const std::vector<reply_roots::change>& changed);

/// Stores results.
void queue_update_reply_roots(pipeline& out, const std::vector<reply_roots::change>& changes);

} // namespace prism::db
