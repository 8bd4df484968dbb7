#pragma once

#include "db/batch/batch.hpp"
#include "db/identity/known_identity.hpp"
#include "db/reads/session.hpp"
#include "net/grpc/grpc_status.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

/// The methods of the official AppView's data plane, gRPC service `bsky.Service`
/// (docs/DATAPLANE.md): each turns a request of dataplane/proto/bsky.proto into its answer by what
/// db/reads finds.
namespace prism::dataplane {

/// Why a call fails, as the client sees it.
struct failure {
  net::grpc_status status{net::grpc_status::internal};
  std::string text; ///< a sentence
};

template <class T>
using answer = tl::expected<T, failure>;

/// What a method works with. The thread of the session.
struct call {
  reads::session& on;
  /// The present, in µs since 1970.
  db::micros now{0};
  /// In the second run of a call that failed for want of an identity: what the lookup found. Null
  /// in the first run.
  const db::known_identity* identity{nullptr};
  /// Set by a method that lacks an identity. If the method failed, the caller has it looked up
  /// (message resolve_identity), waits without a reader or connection, and runs the method again
  /// with `identity`; without an answer the call fails as the lookup did. If the method succeeded,
  /// its answer is given, and the lookup is asked for without waiting.
  std::optional<db::wanted_identity> wanted{};
  /// Records and op threads that exist and are missing in the answer, because it would be too
  /// large.
  std::size_t left_out{0};
};

/// The request cannot be answered, since it is wrong.
[[nodiscard]] inline tl::unexpected<failure> invalid(std::string text) {
  return tl::unexpected<failure>(failure{net::grpc_status::invalid_argument, std::move(text)});
}

/// What was asked for does not exist, in a method where that is an error.
[[nodiscard]] inline tl::unexpected<failure> not_found(std::string text) {
  return tl::unexpected<failure>(failure{net::grpc_status::not_found, std::move(text)});
}

/// Most bytes of an encoded answer.
inline constexpr std::size_t max_answer_bytes = std::size_t{8} << 20U;

/// Of these, the bytes of records as JSON. The largest records are left out until the others fit,
/// so that nobody's large records keep those of others from being answered.
inline constexpr std::size_t max_json_bytes = max_answer_bytes - (std::size_t{1} << 20U);

/// The answer would be larger than `limit` bytes.
[[nodiscard]] tl::unexpected<failure> too_large(std::size_t bytes,
                                                std::size_t limit = max_answer_bytes);

/// The answer would have more entries than so many.
[[nodiscard]] tl::unexpected<failure> too_many(std::size_t limit);

/// The database failed. Transient failures and cancelled statements are `unavailable`, so that the
/// client asks another node; others are `internal`.
[[nodiscard]] tl::unexpected<failure> failed(const db::db_error& why);

} // namespace prism::dataplane
