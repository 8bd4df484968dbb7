#pragma once

#include "db/identity/known_identity.hpp"
#include "db/pg/pipeline.hpp"

#include <vector>

/// Table did_documents: what lookups found in the documents of accounts.
namespace prism::db {

/// Stores documents, as `store_identity_results` says. The users' rows are locked.
void queue_put_did_documents(pipeline& out, const std::vector<did_document_row>& rows);

} // namespace prism::db
