#pragma once

#include "core/error.hpp"

#include <string>

namespace prism::net {

/// 256 random bits as 64 lower-case hexadecimal digits: nobody can guess it. Error: `errc::fatal`
/// if the system gives no random bytes.
[[nodiscard]] expected<std::string> make_token();

} // namespace prism::net
