#include "tools/replay/replay_fault.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace prism::net {

namespace {

struct fault_name {
  fault_kind kind;
  std::string_view name;
};

constexpr fault_name fault_names[] = {
    {fault_kind::clean_close, "close-at"},
    {fault_kind::reset, "reset-at"},
    {fault_kind::half_open, "half-open-at"},
    {fault_kind::garbage, "garbage-at"},
    {fault_kind::text, "text-at"},
    {fault_kind::truncated, "truncated-at"},
    {fault_kind::oversized, "oversized-at"},
    {fault_kind::error_frame, "error-at"},
    {fault_kind::delay_accept, "delay-accept"},
};

std::string known_names() {
  std::string names;
  for (const auto& entry : fault_names)
    names.append(names.empty() ? "" : ", ").append(entry.name);
  return names;
}

} // namespace

expected<replay_fault> parse_fault(std::string_view text) {
  const auto equals = text.find('=');
  const auto name = text.substr(0, equals);
  const auto* known = std::find_if(std::begin(fault_names), std::end(fault_names),
                                   [&](const auto& entry) { return entry.name == name; });
  if (known == std::end(fault_names) || equals == std::string_view::npos)
    return fail(errc::invalid, "fault '{}': expected NAME=VALUE with a NAME of {}", text,
                known_names());
  auto value = text.substr(equals + 1);
  replay_fault fault{.kind = known->kind};
  if (fault.kind == fault_kind::error_frame) {
    const auto colon = value.find(':');
    if (colon == std::string_view::npos || colon + 1 == value.size())
      return fail(errc::invalid, "fault '{}': expected error-at=N:NAME", text);
    fault.error_name = value.substr(colon + 1);
    value = value.substr(0, colon);
  }
  std::uint32_t number = 0;
  const auto* end = value.data() + value.size();
  const auto [rest, problem] = std::from_chars(value.data(), end, number);
  if (problem != std::errc{} || rest != end)
    return fail(errc::invalid, "fault '{}': '{}' is not a number in 0..4294967295", text, value);
  if (fault.kind == fault_kind::delay_accept)
    fault.delay = std::chrono::milliseconds{number};
  else
    fault.at = number;
  return fault;
}

std::string to_string(const replay_fault& fault) {
  const auto* known = std::find_if(std::begin(fault_names), std::end(fault_names),
                                   [&](const auto& entry) { return entry.kind == fault.kind; });
  if (fault.kind == fault_kind::delay_accept)
    return fmt::format("{}={}", known->name, fault.delay.count());
  if (fault.kind == fault_kind::error_frame)
    return fmt::format("{}={}:{}", known->name, fault.at, fault.error_name);
  return fmt::format("{}={}", known->name, fault.at);
}

} // namespace prism::net
