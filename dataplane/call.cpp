#include "dataplane/call.hpp"

#include <fmt/format.h>

namespace prism::dataplane {

tl::unexpected<failure> too_large(std::size_t bytes, std::size_t limit) {
  return tl::unexpected<failure>(
      failure{net::grpc_status::resource_exhausted,
              fmt::format("the answer would have {} bytes, of which {} are allowed; ask for fewer",
                          bytes, limit)});
}

tl::unexpected<failure> too_many(std::size_t limit) {
  return tl::unexpected<failure>(
      failure{net::grpc_status::resource_exhausted,
              fmt::format("the answer would have more than {} entries; ask for fewer", limit)});
}

tl::unexpected<failure> failed(const db::db_error& why) {
  using db::error_class;
  if (why.cls == error_class::transient || why.cls == error_class::commit_unknown)
    return tl::unexpected<failure>(
        failure{net::grpc_status::unavailable, "the database: " + why.message});
  if (why.cls == error_class::poison)
    return invalid("the database rejects an argument: " + why.message);
  return tl::unexpected<failure>(
      failure{net::grpc_status::internal, "the database: " + why.message});
}

} // namespace prism::dataplane
