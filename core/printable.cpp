#include "core/printable.hpp"

#include <fmt/format.h>

namespace prism {

std::string printable(std::string_view text, std::size_t max_size) {
  std::string out;
  for (const char c : text.substr(0, max_size))
    if (c < ' ' || c > '~' || c == '\\')
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    else
      out += c;
  if (text.size() > max_size)
    out += "...";
  return out;
}

} // namespace prism
