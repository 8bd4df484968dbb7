#pragma once

#include "atproto/identity/published_identity.hpp"
#include "db/batch/batch.hpp"

#include <cstdint>
#include <memory>
#include <string>

/// The document of a DID as it was looked up, and the request to look one up.
namespace prism::db {

/// A DID whose document is to be looked up, with the state of its account at the time of the
/// request.
struct wanted_identity {
  std::string did;
  /// users.id, if it is an account whose events come with the stream and that is not deleted; else
  /// 0, and nothing of it is stored.
  std::int64_t account{0};
  /// Of the account's newest #identity event; 0: none.
  stream_place place{0};
  /// When, by the database's clock.
  micros asked_at{0};
};

/// The answer of a lookup: a document, or that there is none.
struct known_identity {
  std::shared_ptr<const atproto::published_identity> published; ///< never null
  micros looked_up_at{0}; ///< when it was begun, by the database's clock
};

/// How long an answer is valid: as in the official AppView, but an #identity event ends it at once.
/// Between `fresh_for` and `usable_for` it is given, and looked up again meanwhile; the answer that
/// there is no document is valid for `absent_for`.
inline constexpr micros fresh_for = micros{3'600} * 1'000'000;
inline constexpr micros usable_for = 24 * fresh_for;
inline constexpr micros absent_for = micros{60} * 1'000'000;

/// How an answer may be used.
enum class identity_use : std::uint8_t {
  give,      ///< give it
  give_once, ///< give it, and look it up again
  look_up,   ///< look it up first
};

/// @param age in µs
[[nodiscard]] constexpr identity_use use_of(bool exists, micros age) noexcept {
  if (!exists)
    return age < absent_for ? identity_use::give : identity_use::look_up;
  if (age < fresh_for)
    return identity_use::give;
  return age < usable_for ? identity_use::give_once : identity_use::look_up;
}

/// A row of did_documents.
struct did_document_row {
  wanted_identity asked; ///< `account` is not 0
  std::shared_ptr<const atproto::published_identity> published;
};

} // namespace prism::db
