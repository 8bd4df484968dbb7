#include "net/grpc/grpc_status.hpp"

namespace prism::net {

std::string_view to_string(grpc_status status) noexcept {
  switch (status) {
  case grpc_status::ok:
    return "ok";
  case grpc_status::cancelled:
    return "cancelled";
  case grpc_status::invalid_argument:
    return "invalid_argument";
  case grpc_status::deadline_exceeded:
    return "deadline_exceeded";
  case grpc_status::not_found:
    return "not_found";
  case grpc_status::resource_exhausted:
    return "resource_exhausted";
  case grpc_status::unimplemented:
    return "unimplemented";
  case grpc_status::internal:
    return "internal";
  case grpc_status::unavailable:
    return "unavailable";
  }
  return "internal";
}

} // namespace prism::net
