#pragma once

#include "db/batch/batch.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// What the verifiers whom the operator trusts say of an account (table trusted_verifiers).
namespace prism::reads {

/// Most trusted verifiers that count, the first ones in the order of their DIDs.
inline constexpr std::size_t max_trusted_verifiers = 100;

/// A verification by a trusted verifier.
struct verification {
  std::string did; ///< of the verifier
  std::string rkey;
  std::string handle;       ///< of the account, as it was verified
  std::string display_name; ///< the same
  db::micros sort_at{0};    ///< µs since 1970, a multiple of 1,000
};

/// Fragment {trusted}, a WITH list: the ids and DIDs of the trusted verifiers. Indexes:
/// trusted_verifiers_pkey, users_did_key.
inline constexpr std::string_view trusted_ctes = R"sql(
  WITH trusted AS MATERIALIZED (
    SELECT u.id, t.did
    FROM (SELECT did FROM trusted_verifiers WHERE did > '' ORDER BY did LIMIT 100) t
    CROSS JOIN LATERAL (SELECT id FROM users WHERE did = t.did LIMIT 1) u
  )
)sql";

/// Fragment {verified_by}, a LEFT JOIN: of an account `o`, `v.list` is the JSON that
/// `parse_verified_by` reads; null: there are none. A verification with a longer handle or name
/// than an account can have is left out: it holds for nobody, and the AppView compares both. Needs
/// {trusted}. Indexes: verifications_subject, one scan an account; users_pkey.
inline constexpr std::string_view verified_by_list = R"sql(
  LEFT JOIN LATERAL (
    SELECT jsonb_agg(jsonb_build_array(
      t.did, r.rkey, r.handle, r.display_name,
      (extract(epoch FROM least(r.created_at, r.commit_time)) * 1000)::int8
    ))::text AS list
    FROM (
      SELECT creator_id, rkey, handle, display_name, created_at, commit_time
      FROM verifications
      WHERE subject_id = o.id AND creator_id = ANY (ARRAY(SELECT id FROM trusted)) AND NOT duplicate
        AND octet_length(handle) <= 253 AND octet_length(display_name) <= 640
      LIMIT 100
    ) r
    CROSS JOIN LATERAL (SELECT did FROM users WHERE id = r.creator_id LIMIT 1) t
  ) v ON true
)sql";

/// The oldest first.
/// @param list as {verified_by} gives it; empty for none
[[nodiscard]] std::vector<verification> parse_verified_by(std::string_view list);

} // namespace prism::reads
