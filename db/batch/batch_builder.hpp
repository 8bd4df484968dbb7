#pragma once

#include "atproto/frame/frame.hpp"
#include "db/batch/batch.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace prism::db {

/// A stamp that the repo's host chooses.
enum class stamp_field : std::uint8_t { rev, time };

/// The name used in metric labels.
[[nodiscard]] std::string_view to_string(stamp_field field) noexcept;

/// The builder's reports of what it leaves out.
struct build_events {
  /// A record that violates its lexicon or an indexing rule, or cannot be decoded. `reason` is a
  /// short stable word.
  std::function<void(std::string_view did, std::string_view path, std::string_view reason,
                     const std::string& message)>
      rejected;
  /// A record outside the indexed collections.
  std::function<void(std::string_view collection)> skipped;
  /// Blobs of one valid record that are in the legacy form. May be left empty.
  std::function<void(std::size_t count)> legacy_blobs{};
  /// A stamp is more than `batch_builder::max_event_lead` ahead of the clock. May be empty.
  std::function<void(stamp_field field)> stamp_ahead{};
};

/// Turns decoded frames into a batch: finds each record's block, checks it against its CID and
/// lexicon, and reads its fields into columns. Not thread-safe, no I/O.
class batch_builder {
public:
  /// How far ahead of our clock the time of an event may be, in microseconds.
  static constexpr micros max_event_lead = 300'000'000;

  /// @param events called synchronously; must outlive the builder.
  /// @param place_base of the stream (`place_of`).
  /// @param arrival the time by our clock: an event that claims to be more than 5 minutes later
  /// gets it as its time, and a commit or sync whose rev is later than that is refused: with it as
  /// the repo's head, every later commit would be taken for old. The default believes every event.
  explicit batch_builder(const build_events& events, std::int64_t place_base = 0,
                         micros arrival = INT64_MAX - max_event_lead);

  /// Adds one frame's operations. A frame that is not well-formed as a whole adds nothing.
  /// @param place of all that the frame does, if it came out of order: its seq then does not
  /// give its place.
  /// Errors: `errc::invalid` or `errc::limit`, naming the invalid field.
  [[nodiscard]] expected<void> add(const atproto::frame& frame,
                                   std::optional<stream_place> place = std::nullopt);

  /// Notes an event that could not be decoded at all. Adds nothing if `did` is not a DID.
  void refuse(std::string_view did, std::int64_t seq, std::optional<stream_place> place,
              std::string_view message);

  /// Frames added so far.
  [[nodiscard]] std::uint32_t frames() const noexcept { return batch_.frames; }

  /// The batch; the builder is empty afterwards. Service, shard, token and last_seq are the
  /// caller's.
  [[nodiscard]] batch take();

private:
  [[nodiscard]] bool is_ahead(micros stamp, stamp_field field) const;
  [[nodiscard]] expected<void> check_rev(std::string_view rev);
  [[nodiscard]] stream_place place(std::int64_t seq, std::size_t number = 0) const noexcept {
    return place_.value_or(place_of(place_base_, seq, number));
  }
  [[nodiscard]] expected<void> add_event(const atproto::frame& frame);
  void refuse_event(std::string_view did, std::int64_t seq, std::string_view reason,
                    std::string_view message);
  void refuse_op(const op& of, const atproto::commit_frame& frame, const atproto::repo_op& in,
                 std::string_view reason, const std::string& message);
  [[nodiscard]] expected<void> add_commit(const atproto::commit_frame& frame);
  [[nodiscard]] expected<void> add_sync(const atproto::sync_frame& frame);
  void add_head(std::string_view did, std::string_view rev, const atproto::cid& commit,
                micros time);

  /// The time of an event. Error `errc::invalid` if it is not a datetime.
  [[nodiscard]] expected<micros> event_time(std::string_view text) const;

  const build_events& events_;
  std::int64_t place_base_;
  micros arrival_;
  std::optional<stream_place> place_; // of the frame at work
  bool rev_ahead_{false};             // the frame at work is refused for its rev
  batch batch_;
};

} // namespace prism::db
