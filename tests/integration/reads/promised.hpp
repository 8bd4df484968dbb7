#pragma once

#include "tests/integration/reads/explaining.hpp"

#include <map>
#include <set>
#include <string>

namespace prism::test {

using index_names = std::set<std::string>;

/// By name of a statement: the indexes that its plans must read.
using promised_indexes = std::map<std::string, index_names>;

/// Checks every plan of each of these statements, which must have run: it reads the promised
/// indexes, reads no more than a page needs, sorts nothing, and is not worth compiling (JIT). No
/// other statement may have run.
void check_promised(const explaining_executor& explained, const promised_indexes& promised);

} // namespace prism::test
