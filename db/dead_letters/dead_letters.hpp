#pragma once

#include "db/apply/indexer.hpp"

#include <cstddef>
#include <string>
#include <vector>

/// What can never be applied: kept with its reason for a person to look at (table dead_letters).
namespace prism::db {

struct dead_letter {
  std::string service;
  std::int64_t seq{0};
  std::string did;
  std::string path; ///< collection/rkey; empty: the whole frame
  std::string reason;
  std::string sqlstate;
  std::vector<std::byte> bytes;
};

/// Keeps it once: a second one of the same service, seq and path changes nothing.
[[nodiscard]] outcome<void> store_dead_letter(executor& on, const dead_letter& letter);

/// What was kept of one frame.
[[nodiscard]] outcome<std::vector<refused_part>>
dead_letters_of_frame(executor& on, const std::string& service, std::int64_t seq);

/// What a list shows of one.
struct dead_letter_summary {
  std::int64_t id{0};
  std::string service;
  std::int64_t seq{0};
  std::string did;
  std::string path;
  std::string reason;
  std::string sqlstate;
  std::int64_t bytes{0}; ///< how many
  micros created_at{0};
};

/// Most that one list gives.
inline constexpr std::int64_t max_listed_dead_letters = 1000;

/// Those with an id above `after`, in the order of ids.
[[nodiscard]] outcome<std::vector<dead_letter_summary>>
list_dead_letters(executor& on, std::int64_t after, std::int64_t limit);

/// Ids of those that were there and are gone now.
struct discard_result {
  std::vector<std::int64_t> ids;
};
[[nodiscard]] outcome<discard_result> discard_dead_letters(executor& on,
                                                           const std::vector<std::int64_t>& ids);

/// What became of a second try.
struct retry_result {
  std::int64_t id{0};
  bool applied{false}; ///< then the letter is gone
  std::string why;     ///< if not: a sentence
  apply_report report{};
};

/// Applies a frame, or the operation that was left out of it, again as a batch of its own, and
/// deletes the letter in the same transaction. All shards of its service stand still meanwhile, so
/// nothing of its repo can overtake it. It is not applied, and kept, if its repo has had a newer
/// commit since (only a resynchronisation of the repo can mend that), if its account has been
/// deleted since, if it is refused again, or if it is no frame of this service.
/// Blocks; the connection's thread.
/// @param epoch of the caller, the writer of `service`; a newer one gives `fenced_state`.
[[nodiscard]] outcome<retry_result> retry_dead_letter(connection& on, const tx_options& options,
                                                      const std::string& service,
                                                      std::int64_t epoch, std::int64_t id);

} // namespace prism::db
