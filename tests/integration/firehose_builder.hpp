#pragma once

#include "core/frame_bytes.hpp"

#include <boost/json.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace prism::test {

/// A record as others refer to it.
struct record_ref {
  std::string uri;
  std::string cid;
};

/// One operation of a commit; a delete has no block.
struct change {
  std::string action; ///< "create", "update" or "delete"
  std::string path;
  std::optional<std::vector<std::byte>> block;
};

/// Builds a firehose event by event: valid but unsigned frames, a second apart, with increasing
/// revisions of each repo. DIDs are named by their last part: "alice" is did:plc:alice.
class firehose_builder {
public:
  using json = boost::json::value;
  using fields = boost::json::object;

  // One commit each, of a record with its required fields and those of `more`, which override them.
  record_ref post(std::string_view who, std::string_view rkey, const fields& more = {});
  record_ref reply(std::string_view who, std::string_view rkey, const record_ref& parent,
                   const record_ref& root);
  record_ref quote(std::string_view who, std::string_view rkey, const record_ref& of);
  record_ref like(std::string_view who, std::string_view rkey, const record_ref& of,
                  const fields& more = {});
  record_ref repost(std::string_view who, std::string_view rkey, const record_ref& of);
  record_ref follow(std::string_view who, std::string_view rkey, std::string_view whom);
  record_ref list(std::string_view who, std::string_view rkey, const fields& more = {});
  record_ref list_item(std::string_view who, std::string_view rkey, const record_ref& of,
                       std::string_view whom);
  record_ref create(std::string_view who, std::string_view path, const fields& record);
  record_ref update(std::string_view who, std::string_view path, const fields& record);
  void remove(const record_ref& what);

  /// One commit of these operations, unchecked. A block that they share is in it once.
  void commit(std::string_view who, const std::vector<change>& changes);

  /// All events, with these numbers instead of 1, 2, 3 …; as many as there are events.
  [[nodiscard]] std::vector<frame_bytes> numbered(const std::vector<std::int64_t>& seqs) const;

  void account(std::string_view who, bool active, std::string_view status = {});
  void identity(std::string_view who, std::string_view handle = {});
  void sync(std::string_view who);

  [[nodiscard]] std::size_t size() const noexcept { return events_.size(); }

  /// The frames added since the last call; their seqs continue.
  [[nodiscard]] std::vector<frame_bytes> take();

  /// All frames in another order of arrival, each with its own seq: that of the original order,
  /// from
  /// 1. `order` has each index once.
  [[nodiscard]] std::vector<frame_bytes> in_order(const std::vector<std::size_t>& order) const;

  /// The DID of each event's repo.
  [[nodiscard]] std::vector<std::string> repos() const;

  /// Every order that keeps the order of each repo; the original order is first.
  [[nodiscard]] std::vector<std::vector<std::size_t>> orders() const;

  /// What a repo's host adds to the time of its next event, in µs; for hosts whose clocks are
  /// wrong.
  std::function<std::int64_t(std::string_view who)> clock_error;
  /// Whether the times of the next events have microseconds, as those of most hosts.
  bool microseconds{false};

private:
  struct event {
    std::string type;
    std::string did;
    fields payload; // all but seq
  };

  [[nodiscard]] static frame_bytes frame_of(const event& source, std::int64_t seq);
  [[nodiscard]] std::string next_rev() const;
  [[nodiscard]] std::string now(std::string_view who) const;
  void append_event(std::string type, std::string did, fields payload);

  std::vector<event> events_;
  std::size_t taken_{0};
};

/// did:plc:WHO.
[[nodiscard]] std::string did_of(std::string_view who);

/// The default createdAt of records.
inline constexpr std::string_view record_time = "2026-11-01T00:00:00.000Z";

/// A strong reference in JSON.
[[nodiscard]] boost::json::object ref_to(const record_ref& what);

/// The canonical block of a record in the data model's JSON form, and its CID.
[[nodiscard]] std::vector<std::byte> block_of(const boost::json::value& record);
[[nodiscard]] std::string cid_of(const std::vector<std::byte>& block);

} // namespace prism::test
