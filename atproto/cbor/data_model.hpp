#pragma once

#include "atproto/cbor/cbor_node.hpp"
#include "core/error.hpp"

namespace prism::atproto {

/// Checks what the atproto data model demands of any record, beyond being DAG-CBOR and without a
/// lexicon (data-model spec, "Data Types" and "`blob` Type"): it is a map; every `$type` is a text
/// that is not empty; every map of `$type` blob has a raw link `ref`, a `mimeType` and a positive
/// `size`. Blobs in the legacy form have no `$type` and pass.
/// @returns `errc::invalid` with the offset of the offender.
[[nodiscard]] expected<void> check_data_model(cbor_node record);

} // namespace prism::atproto
