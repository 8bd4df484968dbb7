#pragma once

#include "atproto/cbor/cbor_node.hpp"

#include <string>

namespace prism::atproto {

/// Appends the JSON text of a DAG-CBOR item, without spaces: the same value as `to_json`, written
/// in one pass. Texts are UTF-8; a text that is not must have been replaced (`bad_texts::replace`)
/// for the result to be JSON. Recursion is as deep as the document, 64 at most. Any thread.
void append_json(std::string& out, cbor_node node);

} // namespace prism::atproto
