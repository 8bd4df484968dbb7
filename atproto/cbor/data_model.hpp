#pragma once

#include "atproto/cbor/cbor_node.hpp"
#include "core/error.hpp"

namespace prism::atproto {

/// Checks the rules of the atproto data model that hold for any record beyond DAG-CBOR and without
/// a lexicon (data-model spec, "Data Types" and "`blob` Type"): it is a map; every `$type` is a
/// non-empty text; every map of `$type` blob has a raw link `ref`, a `mimeType` and a positive
/// `size`. Blobs in the legacy form have no `$type` and pass. Nothing in prismd calls this yet.
/// @returns `errc::invalid` with the offset of the violation.
[[nodiscard]] expected<void> check_data_model(cbor_node record);

} // namespace prism::atproto
