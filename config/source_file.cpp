#include "config/sources.hpp"

#include "core/errno_text.hpp"

#include <caf/actor_system_config.hpp>
#include <fstream>
#include <map>
#include <sstream>

namespace prism::config {

namespace {

bool is_blank_or_comment(std::string_view line) noexcept {
  const auto first = line.find_first_not_of(" \t");
  return first == std::string_view::npos || line[first] == ';';
}

// A scalar value as text; nothing for a list, section or duration.
std::optional<std::string> as_text(const caf::config_value& value) {
  if (const auto* text = caf::get_if<std::string>(&value))
    return *text;
  if (const auto number = caf::get_if<std::int64_t>(&value))
    return std::to_string(*number);
  if (const auto* flag = caf::get_if<bool>(&value))
    return *flag ? "true" : "false";
  return std::nullopt;
}

expected<setting> read_line(std::string_view line, std::string origin) {
  std::istringstream stream{std::string(line)};
  const auto parsed = caf::actor_system_config::parse_config(stream);
  if (!parsed)
    return fail(errc::invalid,
                "{}: not of the form NAME = NUMBER or NAME = \"TEXT\" (error of CAF's parser: {})",
                origin, to_string(static_cast<caf::pec>(parsed.error().code())));
  if (parsed->empty())
    return fail(errc::invalid, "{}: a name without a value", origin);
  if (parsed->size() > 1)
    return fail(errc::invalid, "{}: more than one option on a line", origin);
  const auto& [name, value] = *parsed->begin();
  const auto text = as_text(value);
  if (!text)
    return fail(errc::invalid, "{}: {} must be a number or a text in double quotes, not a {}",
                origin, name, value.type_name());
  return setting{name, *text, std::move(origin)};
}

} // namespace

expected<std::vector<setting>> read_file_text(std::string_view text, std::string_view origin) {
  std::vector<setting> settings;
  std::map<std::string, std::size_t, std::less<>> seen;
  std::size_t number = 0;
  while (!text.empty()) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    if (line.ends_with('\r'))
      line.remove_suffix(1); // the line ends with CR LF
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    ++number;
    if (is_blank_or_comment(line))
      continue;
    auto read = read_line(line, fmt::format("{}:{}", origin, number));
    if (!read)
      return tl::unexpected(read.error());
    if (const auto [first, is_new] = seen.emplace(read->name, number); !is_new)
      return fail(errc::invalid, "{}: {} is already set on line {}", read->origin, read->name,
                  first->second);
    settings.push_back(std::move(*read));
  }
  return settings;
}

expected<std::vector<setting>> read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return fail(errc::io, "configuration file {} cannot be opened: {}", path.string(),
                errno_text());
  std::string text(max_file_bytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad() || (!file && !file.eof()))
    return fail(errc::io, "configuration file {} cannot be read", path.string());
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > max_file_bytes)
    return fail(errc::limit, "configuration file {} is longer than {} bytes", path.string(),
                max_file_bytes);
  return read_file_text(text, path.string());
}

} // namespace prism::config
