#pragma once

#include "db/batch/batch.hpp"
#include "db/batch/index_plan.hpp"
#include "db/index/documents.hpp"
#include "db/index/posts.hpp"
#include "db/index/relations.hpp"

#include <vector>

namespace prism::db {

/// Maps the refs of a batch to ids.
struct id_map {
  const batch& of;
  const std::vector<std::int64_t>& uri_ids;

  [[nodiscard]] std::int64_t user(did_ref ref) const { return of.user_ids[ref]; }
  [[nodiscard]] std::int64_t uri(uri_ref ref) const { return uri_ids[ref]; }
  [[nodiscard]] std::optional<std::int64_t> optional_uri(uri_ref ref) const {
    return ref == no_ref ? std::nullopt : std::optional{uri(ref)};
  }
  /// Owner of a uri's repo; empty if there is no uri, or it has no DID.
  [[nodiscard]] std::optional<std::int64_t> owner(uri_ref ref) const;
  /// Whether a uri is that of a post.
  [[nodiscard]] bool is_post(uri_ref ref) const;
};

/// The rows of create and update operations, with ids in place of refs.
[[nodiscard]] relation to_relation(const op& from, const id_map& ids);
[[nodiscard]] post to_post(const op& from, const id_map& ids);
[[nodiscard]] document to_document(const op& from, const id_map& ids);

} // namespace prism::db
