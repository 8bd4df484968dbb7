#include "tools/prismctl/sparkline.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace prism::prismctl {

std::string sparkline::draw(std::size_t width) const {
  static constexpr std::array<std::string_view, 9> bars{" ", "▁", "▂", "▃", "▄",
                                                        "▅", "▆", "▇", "█"};
  const auto shown = std::min(width, values_.size());
  const auto first = values_.end() - static_cast<std::ptrdiff_t>(shown);
  const auto highest = shown == 0 ? 0 : *std::max_element(first, values_.end());
  std::string out(width - shown, ' ');
  for (auto each = first; each != values_.end(); ++each) {
    const auto height = highest <= 0 ? 0 : std::max(0.0, *each) / highest * (bars.size() - 1);
    // What is not zero has a bar.
    const auto bar =
        std::max<std::size_t>(static_cast<std::size_t>(height + 0.5), *each > 0 ? 1 : 0);
    out += bars[std::min(bar, bars.size() - 1)];
  }
  return out;
}

} // namespace prism::prismctl
