#include "log/component.hpp"

namespace prism::log {

namespace {

constexpr std::array<std::string_view, component_count> component_names{
    "prismd",        "node",         "supervisor",  "firehose", "shard",
    "pool",          "pool_monitor", "database",    "schema",   "postgres",
    "user_creation", "identity",     "pending_ops", "janitor",  "http",
    "inspector",     "tunnel",       "cluster",     "link",     "dataplane"};
static_assert(static_cast<std::size_t>(component::dataplane) + 1 == component_count);

constexpr std::array<std::string_view, 7> level_names{"trace", "debug",    "info", "warn",
                                                      "error", "critical", "off"};
static_assert(static_cast<std::size_t>(level::off) + 1 == level_names.size());

constexpr auto components = [] {
  std::array<component, component_count> all{};
  for (std::size_t i = 0; i < all.size(); ++i)
    all[i] = static_cast<component>(i);
  return all;
}();

template <class T, std::size_t N>
[[nodiscard]] std::optional<T> find(const std::array<std::string_view, N>& names,
                                    std::string_view name) noexcept {
  for (std::size_t i = 0; i < N; ++i)
    if (names[i] == name)
      return static_cast<T>(i);
  return std::nullopt;
}

} // namespace

const std::array<component, component_count>& all_components() noexcept {
  return components;
}

std::string_view to_string(component which) noexcept {
  return component_names[static_cast<std::size_t>(which)];
}

std::string_view to_string(level which) noexcept {
  return level_names[static_cast<std::size_t>(which)];
}

std::optional<component> component_named(std::string_view name) noexcept {
  return find<component>(component_names, name);
}

std::optional<level> level_named(std::string_view name) noexcept {
  return name == "warning" ? level::warn : find<level>(level_names, name);
}

} // namespace prism::log
