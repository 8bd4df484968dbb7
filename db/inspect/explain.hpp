#pragma once

#include "db/pg/connection.hpp"
#include "inspect/explanation.hpp"
#include "inspect/node_facts.hpp"

#include <string_view>

namespace prism::db {

/// Why an account or a record is here, or why not, as rows of the database say: the checks that it
/// passed or failed, and a verdict (docs/PRISMCTL.md, "Why is this record not here?").
///
/// About 20 statements, each a descent of an index for one key and bounded, in one read-only
/// transaction of one snapshot; each may take 2 s. Changes nothing. Blocks; the connection's
/// thread. No transaction may be open on it.
/// @param subject a DID, a handle, or an at-uri of an account or a record in any spelling that
/// `atproto::at_uri::parse` takes; anything else gives the verdict `malformed`.
/// @param facts what the running node knows, or nothing.
/// @returns an error only if the database fails: 57014 after 2 s.
[[nodiscard]] outcome<explanations::explanation>
explain(connection& on, std::string_view subject, const explanations::node_facts& facts = {});

/// The same inside the caller's transaction, which has its own limits of time.
[[nodiscard]] outcome<explanations::explanation>
explain_inside(executor& on, std::string_view subject, const explanations::node_facts& facts);

} // namespace prism::db
