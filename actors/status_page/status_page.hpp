#pragma once

#include <string_view>

namespace prism {

/// page.html.
[[nodiscard]] std::string_view status_page();

} // namespace prism
