#include "net/certificates/openssl_ptr.hpp"

#include "core/errno_text.hpp"

#include <openssl/err.h>

namespace prism::net {

std::string take_openssl_error() {
  const auto code = ERR_peek_last_error();
  ERR_clear_error();
  if (code == 0)
    return "unknown error";
  if (ERR_SYSTEM_ERROR(code))
    return errno_text(ERR_GET_REASON(code));
  const char* const reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "error " + std::to_string(code);
}

} // namespace prism::net
