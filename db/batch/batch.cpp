#include "db/batch/batch.hpp"

#include <fmt/format.h>

namespace prism::db {

std::string path_of(const op& operation) {
  return fmt::format("{}/{}", atproto::nsid_of(operation.kind), operation.rkey);
}

} // namespace prism::db
