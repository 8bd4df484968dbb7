#include "net/certificates/certificate_index.hpp"

#include <charconv>
#include <sstream>

namespace prism::net {

namespace {

std::optional<std::chrono::sys_seconds> parse_time(std::string_view text) {
  std::int64_t seconds = 0;
  const auto* const end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, seconds);
  if (problem != std::errc{} || stop != end)
    return std::nullopt;
  return std::chrono::sys_seconds{std::chrono::seconds{seconds}};
}

std::optional<issued_certificate> parse_line(const std::string& line) {
  std::istringstream words(line);
  std::string role;
  std::string until;
  std::string revoked;
  issued_certificate out;
  if (!(words >> out.serial >> role >> until >> revoked >> out.name))
    return std::nullopt;
  const auto parsed_role = parse_role(role);
  const auto parsed_until = parse_time(until);
  if (revoked != "-")
    out.revoked_at = parse_time(revoked);
  if (!parsed_role || !parsed_until || (revoked != "-" && !out.revoked_at))
    return std::nullopt;
  out.role = *parsed_role;
  out.valid_until = *parsed_until;
  for (std::string host; words >> host;)
    out.hosts.push_back(host);
  return out;
}

} // namespace

std::string write_index(const std::vector<issued_certificate>& all) {
  std::string out;
  for (const auto& each : all) {
    out += fmt::format("{} {} {} ", each.serial, to_string(each.role),
                       each.valid_until.time_since_epoch().count());
    out += each.revoked_at ? fmt::format("{}", each.revoked_at->time_since_epoch().count()) : "-";
    out += ' ' + each.name;
    for (const auto& host : each.hosts)
      out += ' ' + host;
    out += '\n';
  }
  return out;
}

expected<std::vector<issued_certificate>> parse_index(std::string_view text) {
  std::vector<issued_certificate> out;
  std::istringstream lines{std::string{text}};
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    auto parsed = parse_line(line);
    if (!parsed)
      return fail(errc::invalid, "line {} is not that of a certificate", number);
    out.push_back(std::move(*parsed));
  }
  return out;
}

} // namespace prism::net
