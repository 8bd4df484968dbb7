#pragma once

#include <string_view>

namespace prism {

/// The project's version, MAJOR.MINOR.PATCH.
[[nodiscard]] std::string_view version() noexcept;

/// The git commit this was built from, or "unknown" when built outside a checkout.
[[nodiscard]] std::string_view revision() noexcept;

} // namespace prism
