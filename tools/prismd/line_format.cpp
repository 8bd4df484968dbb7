#include "tools/prismd/line_format.hpp"

#include <boost/json.hpp>
#include <fmt/chrono.h>
#include <sys/stat.h>

namespace prism::tools {

namespace {

[[nodiscard]] std::string rfc3339(std::chrono::system_clock::time_point time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(time - seconds);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", seconds, rest.count());
}

/// syslog(3).
[[nodiscard]] int priority(log::level severity) {
  switch (severity) {
  case log::level::critical:
    return 2;
  case log::level::error:
    return 3;
  case log::level::warn:
    return 4;
  case log::level::info:
    return 6;
  default:
    return 7;
  }
}

[[nodiscard]] std::string without_control(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text)
    if (c == '\n')
      out += "\\n";
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    else
      out += c;
  return out;
}

[[nodiscard]] std::string json(const log::line& line) {
  return boost::json::serialize(boost::json::object{{"time", rfc3339(line.time)},
                                                    {"level", log::to_string(line.severity)},
                                                    {"component", log::to_string(line.from)},
                                                    {"msg", line.text}}) +
         "\n";
}

} // namespace

std::string to_line(line_style style, const log::line& line) {
  const bool to_journal = style == line_style::journal || style == line_style::json_journal;
  auto out = to_journal ? fmt::format("<{}>", priority(line.severity)) : std::string{};
  if (style == line_style::json || style == line_style::json_journal)
    return out + json(line);
  if (!to_journal)
    out += rfc3339(line.time) + " ";
  return out + fmt::format("{:<5} {:<13} {}\n", log::to_string(line.severity),
                           log::to_string(line.from), without_control(line.text));
}

bool is_journal(const char* journal_stream, int fd) {
  struct stat is {};
  return journal_stream != nullptr && ::fstat(fd, &is) == 0 &&
         fmt::format("{}:{}", is.st_dev, is.st_ino) == journal_stream;
}

} // namespace prism::tools
