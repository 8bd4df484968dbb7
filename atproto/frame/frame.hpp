#pragma once

#include "atproto/cbor/cid.hpp"
#include "core/error.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

namespace prism::atproto {

/// Caps of `com.atproto.sync.subscribeRepos` (sync spec, "Repository Event Stream", and the
/// lexicon). Beyond them a frame is refused with `errc::limit`.
namespace frame_limits {

/// Bytes of a WebSocket message. "5 MBytes" in the specification; the source applies it too, before
/// a message is assembled in memory.
inline constexpr std::size_t max_frame = std::size_t{5} << 20U;
/// Bytes of `blocks` in a `#commit`.
inline constexpr std::size_t max_commit_blocks = 2'000'000;
/// Bytes of `blocks` in a `#sync`, which holds a commit object only.
inline constexpr std::size_t max_sync_blocks = 10'000;
/// Entries of `ops` in a `#commit`.
inline constexpr std::size_t max_ops = 200;
/// Bytes of one record inside `blocks`. Checked where a record is taken out of its CAR.
inline constexpr std::size_t max_record = 1'000'000;

} // namespace frame_limits

/// Kind of a frame according to its header.
enum class frame_kind : std::uint8_t { commit, identity, account, sync, info, error, unknown };

/// The name used in logs and metric labels: the type without its `#`.
[[nodiscard]] std::string_view to_string(frame_kind kind) noexcept;

/// The parts of a frame that routing needs.
struct frame_peek {
  frame_kind kind = frame_kind::unknown;
  std::int64_t seq = -1; ///< -1 if the frame has none
  std::string_view did;  ///< `repo` of a commit, `did` of others, empty if none; in the input
};

/// Reads kind, seq and DID of a frame without decoding the rest: skips the values of the top-level
/// keys (byte strings in O(1)) up to the end, so it detects truncated frames and trailing bytes.
/// Skipped values are not validated; `decode_frame` does that.
/// @returns `errc::invalid` or `errc::limit` if the header is malformed, or the payload at its top
/// level.
[[nodiscard]] expected<frame_peek> peek_frame(std::span<const std::byte> input);

/// The same for the first bytes of a frame: stops as soon as it has both seq and DID, which come
/// before the blocks. An error if the bytes end before that.
[[nodiscard]] expected<frame_peek> peek_frame_beginning(std::span<const std::byte> input);

/// How an operation changes its record.
enum class repo_action : std::uint8_t { create, update, remove, other };

/// "create", "update" or "delete"; "other" for what is none of them.
[[nodiscard]] std::string_view to_string(repo_action action) noexcept;

/// One record operation of a commit.
struct repo_op {
  repo_action action;
  std::string_view path; ///< `collection/rkey`; the syntax of both is for the caller to check, even
                         ///< that it is UTF-8
  std::string_view collection; ///< what is before the first slash
  std::string_view rkey;       ///< what is behind it, empty if there is none
  std::optional<cid> record;   ///< `cid`: the new version
  std::optional<cid> prev;     ///< the replaced version, if present (sync 1.1)
};

/// `#commit`: a repository has a new commit. `tooBig` is deprecated; it is decoded but not
/// interpreted.
struct commit_frame {
  std::int64_t seq;
  std::string_view repo; ///< DID
  std::string_view rev;
  std::optional<std::string_view> since;
  std::string_view time;
  cid commit;
  std::optional<cid> prev_data;
  bool too_big;
  std::vector<repo_op> ops;
  std::span<const std::byte> blocks; ///< a CAR, in the input
};

/// `#identity`: DID document or handle may have changed.
struct identity_frame {
  std::int64_t seq;
  std::string_view did;
  std::string_view time;
  std::optional<std::string_view> handle;
};

/// `#account`: the hosting status may have changed.
struct account_frame {
  std::int64_t seq;
  std::string_view did;
  std::string_view time;
  bool active;
  std::optional<std::string_view> status;
};

/// `#sync`: the repository is at this commit, regardless of earlier events.
struct sync_frame {
  std::int64_t seq;
  std::string_view did;
  std::string_view rev;
  std::string_view time;
  std::span<const std::byte> blocks; ///< a CAR with the commit object, in the input
};

/// `#info`: a notice of the server, such as OutdatedCursor. Has no seq.
struct info_frame {
  std::string_view name;
  std::optional<std::string_view> message;
};

/// `op: -1`: the server is about to close, with this reason (FutureCursor, ConsumerTooSlow …).
struct error_frame {
  std::string_view error;
  std::optional<std::string_view> message;
};

/// A frame with an unknown `op` or `t`; consumers must skip it (event-stream spec, "Framing").
struct unknown_frame {
  std::int64_t op;
  std::string_view type; ///< `t`, empty if none
  std::int64_t seq;      ///< -1 if none
};

using frame = std::variant<commit_frame, identity_frame, account_frame, sync_frame, info_frame,
                           error_frame, unknown_frame>;

/// Decodes a frame: header and payload (event-stream spec, "Framing"), as the reference reads them
/// (docs/DECODING.md). All views and spans point into `input`, which must outlive the result; no
/// block byte is copied. Unknown fields are ignored. Syntax of DIDs, TIDs, times and paths is not
/// checked here, nor is what lies in `blocks`.
/// @returns `errc::invalid` or `errc::limit` naming the field and the offset in `input`.
[[nodiscard]] expected<frame> decode_frame(std::span<const std::byte> input);

} // namespace prism::atproto
