#pragma once

#include "db/batch/batch.hpp"
#include "db/reads/session.hpp"
#include "db/reads/verified_by.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Accounts by DID, by handle.
namespace prism::reads {

/// A record that its table keeps whole; one that does not exist has no CID.
struct kept_record {
  std::string cid;
  db::bytes block; ///< CBOR
  db::micros commit_time{0};
  std::optional<db::micros> created_at;
};

/// An account with the records of rkey `self` that describe it.
struct actor {
  std::size_t at{0};   ///< index of its DID among those asked for
  bool indexed{false}; ///< false: known only from records of others
  std::string handle;  ///< empty: no confirmed handle
  std::string status;  ///< empty: active; else deactivated, suspended, takendown, deleted …
  bool labeler{false};
  kept_record profile;
  kept_record status_record;
  kept_record chat_declaration;
  kept_record notification_declaration;
  kept_record germ_declaration;
  bool trusted_verifier{false};
  std::vector<verification> verified_by; ///< one of each trusted verifier at most, the oldest first
  /// It has records, and they are missing here, because all together were too large
  /// (db/reads/answer_limit.hpp).
  bool left_out{false};
  std::int64_t size{0}; ///< of its records, as stored, and of `verified_by`
};

/// Takes its records away.
void leave_out_records(actor& of);

/// The accounts with these DIDs that are known, in any order. Plan: users_pkey, and the primary key
/// of each table, account by account, and verifications_subject if verifiers are trusted; the ids
/// are from the session's cache.
/// @param dids at most `max_arguments`, without NUL
[[nodiscard]] db::outcome<std::vector<actor>> actors(session& on,
                                                     std::span<const std::string_view> dids);

/// The DID of each handle; empty for one that no account has. Plan: users_handle, handle by handle.
/// @param handles at most `max_arguments`, without NUL
[[nodiscard]] db::outcome<std::vector<std::string>>
dids_of_handles(db::executor& on, std::span<const std::string_view> handles);

/// The newest rev of an account's repo; empty if no commit of it was seen. Plan: users_did_key,
/// repos_pkey.
/// @param did without NUL
[[nodiscard]] db::outcome<std::string> latest_rev(db::executor& on, std::string_view did);

} // namespace prism::reads
