#pragma once

#include "dataplane/method.hpp"

#include <span>
#include <string_view>

namespace prism::dataplane {

/// All methods that this program has, sorted by name. Others are `unimplemented`.
[[nodiscard]] std::span<const method> all_methods();

/// Null if there is none of this name.
[[nodiscard]] const method* find_method(std::string_view name);

} // namespace prism::dataplane
