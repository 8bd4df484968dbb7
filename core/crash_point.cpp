#include "core/crash_point.hpp"

#include <charconv>
#include <csignal>

namespace prism {

namespace {

std::atomic<std::uint64_t> hits_left{0};

/// The crash point called `name`; the names are in the order of the values after `none`.
[[nodiscard]] crash_point named(std::string_view name) {
  std::string_view rest = crash_point_names;
  for (auto value = static_cast<std::uint8_t>(crash_point::after_decode);; ++value) {
    const auto comma = rest.find(", ");
    if (rest.substr(0, comma) == name)
      return static_cast<crash_point>(value);
    if (comma == rest.npos)
      return crash_point::none;
    rest.remove_prefix(comma + 2);
  }
}

} // namespace

expected<crash_plan> parse_crash_point(std::string_view text) {
  if (text.empty())
    return crash_plan{};
  const auto colon = text.find(':');
  crash_plan plan{.at = named(text.substr(0, colon))};
  bool valid = plan.at != crash_point::none;
  if (colon != text.npos) {
    const auto* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data() + colon + 1, end, plan.hit_number);
    valid = valid && parsed.ec == std::errc{} && parsed.ptr == end && plan.hit_number > 0;
  }
  if (!valid)
    return fail(errc::invalid, "'{}' is not NAME or NAME:N with one of the crash points {}", text,
                crash_point_names);
  return plan;
}

void arm(const crash_plan& plan) noexcept {
  hits_left = plan.hit_number;
  detail::armed_point = plan.at;
}

void detail::count_hit() noexcept {
  // Not abort(): no handler may run, as after a loss of power.
  if (hits_left.fetch_sub(1) == 1)
    std::raise(SIGKILL);
}

} // namespace prism
