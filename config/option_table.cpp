#include "config/option_table.hpp"

#include "config/checks.hpp"

#include <algorithm>
#include <type_traits>

namespace prism::config {

namespace {

constexpr std::string_view live = "live";
constexpr std::string_view oldest = "oldest";

template <class T>
constexpr bool is_text = std::is_same_v<T, std::string>;
template <class T>
constexpr bool is_choice = std::is_same_v<T, bool> || std::is_enum_v<T>;
template <class T>
constexpr bool is_cursor = std::is_same_v<T, std::optional<std::int64_t>>;

// A parser for each kind of value. Each returns nothing for a text that is not allowed.

std::optional<std::string> read_text(const option_row& row, std::string_view text) {
  if (row.check != nullptr && !row.check(text))
    return std::nullopt;
  return std::string(text);
}

template <class Choice>
std::optional<Choice> read_choice(const option_row& row, std::string_view text) {
  const auto found = std::ranges::find(row.words, text);
  if (found == row.words.end())
    return std::nullopt;
  const auto index = found - row.words.begin();
  if constexpr (std::is_same_v<Choice, bool>)
    return index == 0;
  else
    return static_cast<Choice>(index);
}

template <class Choice>
std::string_view word_of(const option_row& row, Choice value) {
  if constexpr (std::is_same_v<Choice, bool>)
    return row.words[value ? 0 : 1];
  else
    return row.words[static_cast<std::size_t>(value)];
}

// "trace, debug or info"
std::string listed(std::span<const std::string_view> words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i)
    text += (i == 0 ? "" : i + 1 < words.size() ? ", " : " or ") + std::string(words[i]);
  return text;
}

std::optional<std::uint64_t> read_number(const option_row& row, std::string_view text) {
  const auto number = parse_number(text);
  return number && *number >= row.min && *number <= row.max ? number : std::nullopt;
}

std::optional<std::optional<std::int64_t>> read_cursor(const option_row& row,
                                                       std::string_view text) {
  if (text == live)
    return std::optional<std::int64_t>{};
  if (text == oldest)
    return std::optional<std::int64_t>{0};
  if (const auto number = read_number(row, text))
    return std::optional{static_cast<std::int64_t>(*number)};
  return std::nullopt;
}

} // namespace

const option_row* find_row(std::string_view name) noexcept {
  const auto rows = option_rows();
  const auto found = std::find_if(rows.begin(), rows.end(),
                                  [&](const option_row& row) { return row.name == name; });
  return found == rows.end() ? nullptr : &*found;
}

const retired_option* find_retired(std::string_view name) noexcept {
  const auto all = retired_options();
  const auto found = std::ranges::find(all, name, &retired_option::name);
  return found == all.end() ? nullptr : &*found;
}

std::string environment_name(std::string_view name) {
  std::string variable{"PRISM_"};
  for (const char c : name)
    variable += c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return variable;
}

std::string allowed(const option_row& row) {
  return std::visit(
      [&]<class T>(T options::*) -> std::string {
        if constexpr (is_text<T>)
          return std::string(row.allowed_text);
        else if constexpr (is_choice<T>)
          return listed(row.words);
        else if constexpr (is_cursor<T>)
          return fmt::format("{}, {} or a sequence number", live, oldest);
        else
          return fmt::format("{} to {}", row.min, row.max);
      },
      row.field);
}

expected<void> assign(const option_row& row, std::string_view text, options& values) {
  const bool accepted = std::visit(
      [&]<class T>(T options::*field) {
        const auto keep = [&](auto value) {
          if (value)
            values.*field = T(std::move(*value));
          return value.has_value();
        };
        if constexpr (is_text<T>)
          return keep(read_text(row, text));
        else if constexpr (is_choice<T>)
          return keep(read_choice<T>(row, text));
        else if constexpr (is_cursor<T>)
          return keep(read_cursor(row, text));
        else
          return keep(read_number(row, text));
      },
      row.field);
  if (!accepted)
    return fail(errc::invalid, "{} is '{}', allowed is {}", row.name, row.secret ? "***" : text,
                allowed(row));
  return {};
}

std::string value_of(const option_row& row, const options& values) {
  return std::visit(
      [&]<class T>(T options::*field) -> std::string {
        const auto& value = values.*field;
        if constexpr (is_text<T>)
          return value;
        else if constexpr (is_choice<T>)
          return std::string(word_of(row, value));
        else if constexpr (is_cursor<T>)
          return !value        ? std::string(live)
                 : *value == 0 ? std::string(oldest)
                               : std::to_string(*value);
        else if constexpr (std::is_integral_v<T>)
          return std::to_string(value);
        else
          return std::to_string(value.count());
      },
      row.field);
}

bool is_number(const option_row& row) {
  return std::visit(
      []<class T>(T options::*) { return !is_text<T> && !is_choice<T> && !is_cursor<T>; },
      row.field);
}

namespace {

/// The files without which a port for other machines cannot be opened.
[[nodiscard]] expected<void> check_tunnel_files(const options& values) {
  struct setting {
    const char* name;
    const std::string& value;
  };
  for (const setting port : {setting{"tunnel-listen", values.tunnel_listen},
                             setting{"cluster-listen", values.cluster_listen}})
    for (const setting file : {setting{"tunnel-certificate", values.tunnel_certificate},
                               setting{"tunnel-key", values.tunnel_key},
                               setting{"tunnel-authority", values.tunnel_authority}})
      if (!port.value.empty() && file.value.empty())
        return fail(errc::invalid, "{} needs {}, which is not set", port.name, file.name);
  return {};
}

} // namespace

expected<void> check_together(const options& values) {
  if (values.ping_interval >= values.idle_timeout)
    return fail(errc::invalid,
                "ping-interval-ms ({}) must be below idle-timeout-ms ({}), or every quiet "
                "connection would be closed",
                values.ping_interval.count(), values.idle_timeout.count());
  if (values.backoff_min > values.backoff_max)
    return fail(errc::invalid, "backoff-min-ms ({}) must not be above backoff-max-ms ({})",
                values.backoff_min.count(), values.backoff_max.count());
  if (values.db_pool_warning_percent > values.db_pool_critical_percent)
    return fail(errc::invalid,
                "db-pool-warning-percent ({}) must not be above db-pool-critical-percent ({})",
                values.db_pool_warning_percent, values.db_pool_critical_percent);
  return check_tunnel_files(values);
}

} // namespace prism::config
