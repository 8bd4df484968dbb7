#include "core/one_line.hpp"

#include <boost/algorithm/string/trim.hpp>
#include <sstream>

namespace prism {

std::string one_line(std::string_view text, std::string_view left_out) {
  std::string out;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    boost::algorithm::trim(line);
    if (line.empty() || (!left_out.empty() && line.starts_with(left_out)))
      continue;
    if (!out.empty())
      out += "; ";
    out += line;
  }
  return out;
}

} // namespace prism
