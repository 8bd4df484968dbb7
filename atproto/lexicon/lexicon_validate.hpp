#pragma once

#include "atproto/cbor/cbor_node.hpp"
#include "atproto/lexicon/lexicon_graph.hpp"
#include "atproto/lexicon/lexicon_violation.hpp"

namespace prism::atproto::detail {

/// Checks `value` against a schema of the graph. Recursion is bounded by the depth of the value.
[[nodiscard]] lexicon_result validate(const lexicon_graph& graph, schema_id schema, cbor_node value,
                                      lexicon_notes& notes);

} // namespace prism::atproto::detail
