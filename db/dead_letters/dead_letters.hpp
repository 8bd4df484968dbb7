#pragma once

#include "db/apply/indexer.hpp"

#include <cstddef>
#include <string>
#include <vector>

/// Frames and operations that PostgreSQL rejected for their content (table dead_letters).
/// `prismctl dead-letters` lists, shows, discards and retries them (actors/inspector).
namespace prism::db {

struct dead_letter {
  std::string service;
  std::int64_t seq{0};
  stream_place place{0}; ///< of its frame
  std::string did;
  std::string path; ///< collection/rkey; empty: the whole frame
  std::string reason;
  std::string sqlstate;
  std::vector<std::byte> bytes;
};

/// Stores a dead letter. One of the same service, seq and path that is stored already stays as it
/// is.
[[nodiscard]] outcome<void> store_dead_letter(executor& on, const dead_letter& letter);

/// The dead letters of one frame.
[[nodiscard]] outcome<std::vector<refused_part>>
dead_letters_of_frame(executor& on, const std::string& service, std::int64_t seq);

/// One row of a list.
struct dead_letter_summary {
  std::int64_t id{0};
  std::string service;
  std::int64_t seq{0};
  std::string did;
  std::string path;
  std::string reason;
  std::string sqlstate;
  std::int64_t bytes{0}; ///< their number
  micros created_at{0};
};

/// Most rows of one list.
inline constexpr std::int64_t max_listed_dead_letters = 1000;

/// The dead letters with an id above `after`, by id.
/// @param limit 1 to `max_listed_dead_letters`.
[[nodiscard]] outcome<std::vector<dead_letter_summary>>
list_dead_letters(executor& on, std::int64_t after, std::int64_t limit);

/// The first `limit` bytes of the frame of a dead letter (1 to its size); empty: there is none.
[[nodiscard]] outcome<std::vector<std::byte>> dead_letter_bytes(executor& on, std::int64_t id,
                                                                std::int64_t limit);

/// The ids of those that were deleted.
struct discard_result {
  std::vector<std::int64_t> ids;
};
[[nodiscard]] outcome<discard_result> discard_dead_letters(executor& on,
                                                           const std::vector<std::int64_t>& ids);

/// The outcome of a retry.
struct retry_result {
  std::int64_t id{0};
  bool applied{false}; ///< then the dead letter is deleted
  std::string why;     ///< if it was not applied: the reason
  apply_report report{};
};

/// Applies the frame, or the one operation of it, again as a batch of its own, and deletes the dead
/// letter in the same transaction. The transaction locks the cursors of all shards of the service,
/// so no newer commit of the repo is indexed in between. The dead letter is not applied, and stays,
/// if its repo has a newer commit, if its account has been deleted since, if it is rejected again,
/// or if its bytes are not a frame.
/// Blocks; the connection's thread.
/// @param node UUID of the caller's node, which takes part in the cluster of `service`.
/// @returns an error with `fenced_state` if the node is no live member.
[[nodiscard]] outcome<retry_result> retry_dead_letter(connection& on, const tx_options& options,
                                                      const std::string& service,
                                                      std::string_view node, std::int64_t id);

} // namespace prism::db
