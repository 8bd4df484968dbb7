#pragma once

#include "actors/inspector/command.hpp"
#include "actors/inspector/inspection_context.hpp"
#include "messages/operator.hpp"

namespace prism {

/// A reply that is an error.
[[nodiscard]] operator_reply refuse(operator_result why, std::string sentence);

/// Checks version, size, token and right of a request before anything runs.
/// @returns the command to run, or the refusal.
[[nodiscard]] tl::expected<const command*, operator_reply>
admit_request(const inspection_context& context, const operator_request& request,
              operator_identity& who);

/// Runs an admitted command on this thread, and writes down what acts. No exception leaves it.
/// @param database null unless the command's place is the database
[[nodiscard]] operator_reply run_command(inspection_context& context, const command& what,
                                         const operator_identity& who,
                                         const operator_request& request, db::connection* database);

} // namespace prism
