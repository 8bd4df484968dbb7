#pragma once

#include "db/pg/executor.hpp"

#include <cstdint>
#include <string_view>

/// Table `streams`: where the events of each service stand among all others (`place_of`).
namespace prism::db {

/// Takes a stream up: one that is new, or that was left for another one since, gets a base that
/// puts everything to come from it behind everything that has come from others. Nobody may index it
/// meanwhile: call it in one transaction with `renumber_cursors`, after it.
/// @returns whether the base has changed: places made with the old one are void.
[[nodiscard]] outcome<bool> take_up_stream(executor& on, std::string_view service);

/// The base of places of a service; 0 if nobody has taken it up.
[[nodiscard]] outcome<std::int64_t> stream_base(executor& on, std::string_view service);

/// Forgets the cursors of a service whose numbers began anew, and puts everything to come from it
/// behind everything that has come from any service. Who writes for it is fenced. For
/// `begin_cluster_anew`.
/// @returns the new base
[[nodiscard]] outcome<std::int64_t> begin_stream_anew(executor& on, std::string_view service);

} // namespace prism::db
