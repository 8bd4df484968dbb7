#pragma once

/// DAG-CBOR as atproto uses it: the strict parser with its limits, the handle on parsed items, and
/// the encoder.

#include "atproto/cbor/cbor_document.hpp" // IWYU pragma: export
#include "atproto/cbor/cbor_node.hpp"     // IWYU pragma: export
#include "atproto/cbor/cbor_writer.hpp"   // IWYU pragma: export
