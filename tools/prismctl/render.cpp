#include "tools/prismctl/render.hpp"

#include "inspect/explanation_json.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <map>

namespace prism::prismctl {

namespace {

constexpr std::size_t widest = 90;

/// Other people's text must not steer the terminal. UTF-8 stays.
[[nodiscard]] std::string plain(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f)
      out += fmt::format("\\x{:02x}", byte);
    else
      out += c;
  }
  return out;
}

[[nodiscard]] std::string duration_text(double seconds) {
  if (seconds <= 0)
    return "0 s";
  if (seconds < 0.001)
    return fmt::format("{:.0f} µs", seconds * 1e6);
  if (seconds < 1)
    return fmt::format("{:.3g} ms", seconds * 1e3);
  if (seconds < 120)
    return fmt::format("{:.1f} s", seconds);
  if (seconds < 7'200)
    return fmt::format("{:.0f} min", seconds / 60);
  if (seconds < 172'800)
    return fmt::format("{:.1f} h", seconds / 3'600);
  return fmt::format("{:.1f} d", seconds / 86'400);
}

[[nodiscard]] std::string size_text(double bytes) {
  constexpr std::array units{"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  while (bytes >= 1024 && unit + 1 < units.size()) {
    bytes /= 1024;
    ++unit;
  }
  return fmt::format("{:.4g} {}", bytes, units[unit]);
}

/// Sixteen bytes a line, as hexadecimal digits and as text.
[[nodiscard]] std::string hex_dump(std::string_view digits) {
  constexpr std::size_t in_line = 16;
  std::string out;
  for (std::size_t at = 0; at + 1 < digits.size(); at += 2 * in_line) {
    const auto line = digits.substr(at, 2 * in_line);
    std::string text;
    out += fmt::format("{:08x} ", at / 2);
    for (std::size_t i = 0; i + 1 < line.size(); i += 2) {
      out += fmt::format(" {}", line.substr(i, 2));
      unsigned value = 0;
      std::from_chars(line.data() + i, line.data() + i + 2, value, 16);
      text += value >= 0x20 && value < 0x7f ? static_cast<char>(value) : '.';
    }
    out += fmt::format("{:{}}  {}\n", "", 3 * (in_line - text.size()), text);
  }
  return out;
}

/// Characters, as far as a terminal shows one for each code point.
[[nodiscard]] std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

[[nodiscard]] std::string padded(std::string text, std::size_t width, bool right) {
  const auto missing = width > width_of(text) ? width - width_of(text) : 0;
  return right ? std::string(missing, ' ') + text : text + std::string(missing, ' ');
}

/// Columns of the rows of a view; the others show all their fields.
[[nodiscard]] const std::vector<column>* columns_of(std::string_view list) {
  static const std::vector<column> slow_calls{{"TOOK", "took_seconds"},
                                              {"METHOD", "method"},
                                              {"STATUS", "status"},
                                              {"AT", "at"},
                                              {"ARGUMENTS", "arguments"}};
  static const std::map<std::string_view, std::vector<column>> known{
      {"actors",
       {{"ACTOR", "actor"},
        {"STATE", "state"},
        {"SINCE", "since_seconds"},
        {"WAITING", "mailbox.depth"},
        {"OLDEST", "mailbox.oldest_seconds"},
        {"HANDLES", "handling.message"},
        {"FOR", "handling.seconds"},
        {"HANDLED", "handled"},
        {"SLOWEST", "slowest"},
        {"P99", "slowest_p99_seconds"},
        {"MAX", "slowest_max_seconds"},
        {"RESTARTS", "restarts"},
        {"LAST ERROR", "last_error"}}},
      {"lines",
       {{"NUMBER", "number"},
        {"AT", "at"},
        {"LEVEL", "level"},
        {"COMPONENT", "component"},
        {"", "text"}}},
      {"methods",
       {{"METHOD", "method"},
        {"CALLS", "calls"},
        {"A SECOND", "per_second"},
        {"P50", "p50_seconds"},
        {"P99", "p99_seconds"},
        {"MAX", "max_seconds"},
        {"NOT OK", "not_ok"}}},
      {"slowest", slow_calls},
      {"slowest_of_each", slow_calls},
      {"stuck", {{"PART", "actor"}, {"FOR", "seconds"}, {"", "what"}}},
      {"hops",
       {{"HOP", "where"}, {"AFTER", "after_seconds"}, {"STEP", "step_seconds"}, {"", "detail"}}},
  };
  const auto found = known.find(list);
  return found == known.end() ? nullptr : &found->second;
}

[[nodiscard]] bool is_table(const boost::json::value& value) {
  return value.is_array() && !value.get_array().empty() && value.get_array()[0].is_object();
}

void add_fields(std::string& out, const boost::json::object& fields, std::string_view prefix);

void add_list(std::string& out, std::string_view name, const boost::json::array& rows) {
  out += fmt::format("\n{}:{}\n", name, rows.empty() ? " none" : "");
  if (rows.empty())
    return;
  if (!rows[0].is_object()) {
    for (const auto& row : rows)
      out += fmt::format("  {}\n", value_text("", row));
    return;
  }
  // Rows with a list of their own are shown one by one.
  const auto& first = rows[0].get_object();
  const auto inner = std::ranges::find_if(
      first, [](const auto& field) { return is_table(field.value()) && field.key() == "hops"; });
  if (inner != first.end()) {
    for (const auto& row : rows)
      add_fields(out, row.get_object(), "");
    return;
  }
  if (const auto* columns = columns_of(name)) {
    out += table_text(rows, *columns);
    return;
  }
  std::vector<column> columns;
  for (const auto& field : first)
    if (!field.value().is_array())
      columns.push_back({field.key(), field.key()});
  out += table_text(rows, columns);
}

/// Scalars aligned, then what has parts.
void add_fields(std::string& out, const boost::json::object& fields, std::string_view prefix) {
  std::size_t width = 0;
  for (const auto& field : fields)
    if (!field.value().is_structured())
      width = std::max(width, prefix.size() + field.key().size());
  for (const auto& field : fields)
    if (!field.value().is_structured())
      out += fmt::format("{:<{}}  {}\n", fmt::format("{}{}", prefix, std::string_view{field.key()}),
                         width, value_text(field.key(), field.value()));
  for (const auto& field : fields)
    if (field.value().is_object()) {
      out += "\n";
      add_fields(out, field.value().get_object(),
                 fmt::format("{}{}.", prefix, std::string_view{field.key()}));
    }
  for (const auto& field : fields)
    if (field.value().is_array())
      add_list(out, field.key(), field.value().get_array());
}

/// The message that took an actor longest, beside it.
void add_slowest(boost::json::object& actor) {
  const auto* messages = find_field(actor, "messages");
  if (messages == nullptr || !messages->is_array())
    return;
  const boost::json::object* slowest = nullptr;
  double longest = -1;
  for (const auto& each : messages->get_array()) {
    const auto* max = find_field(each.get_object(), "max_seconds");
    if (max != nullptr && max->to_number<double>() > longest) {
      longest = max->to_number<double>();
      slowest = &each.get_object();
    }
  }
  if (slowest == nullptr)
    return;
  const auto message = slowest->at("message");
  const auto p99 = slowest->at("p99_seconds");
  actor["slowest"] = message;
  actor["slowest_p99_seconds"] = p99;
  actor["slowest_max_seconds"] = longest;
}

} // namespace

const boost::json::value* find_field(const boost::json::object& in, std::string_view path) {
  const auto dot = path.find('.');
  const auto* found = in.if_contains(path.substr(0, dot));
  if (found == nullptr || dot == std::string_view::npos)
    return found;
  return found->is_object() ? find_field(found->get_object(), path.substr(dot + 1)) : nullptr;
}

std::string value_text(std::string_view field, const boost::json::value& value) {
  if (value.is_null())
    return "-";
  if (value.is_bool())
    return value.get_bool() ? "yes" : "no";
  if (value.is_string())
    return value.get_string().empty() ? "-" : plain(value.get_string());
  if (value.is_number()) {
    const auto number = value.to_number<double>();
    if (field.ends_with("at_seconds"))
      return number > 0 ? explanations::time_text(static_cast<std::int64_t>(number * 1e6)) : "-";
    if (field.ends_with("seconds") || field.ends_with("seconds_ago"))
      return duration_text(number);
    if (field == "bytes" || field.ends_with("_bytes"))
      return size_text(number);
    if (number == std::floor(number) && std::fabs(number) < 1e15)
      return fmt::format("{:.0f}", number);
    return fmt::format("{:.4g}", number);
  }
  return plain(boost::json::serialize(value));
}

std::string table_text(const boost::json::array& rows, const std::vector<column>& columns) {
  std::vector<std::size_t> widths;
  std::vector<bool> numeric;
  for (const auto& each : columns) {
    widths.push_back(width_of(each.title));
    numeric.push_back(true);
  }
  std::vector<std::vector<std::string>> cells;
  for (const auto& row : rows) {
    auto& line = cells.emplace_back();
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const auto* value =
          row.is_object() ? find_field(row.get_object(), columns[i].field) : nullptr;
      auto text = value == nullptr ? std::string{"-"} : value_text(columns[i].field, *value);
      if (value != nullptr && !value->is_number() && !value->is_null())
        numeric[i] = false;
      if (width_of(text) > widest && i + 1 < columns.size())
        text = text.substr(0, widest - 3) + "...";
      widths[i] = std::max(widths[i], width_of(text));
      line.push_back(std::move(text));
    }
  }
  std::string out;
  const auto add_line = [&](auto&& cell) {
    std::string line;
    for (std::size_t i = 0; i < columns.size(); ++i)
      line += (i == 0 ? "" : "  ") + padded(std::string{cell(i)}, widths[i], numeric[i]);
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  };
  add_line([&](std::size_t i) { return columns[i].title; });
  for (const auto& line : cells)
    add_line([&](std::size_t i) { return std::string_view{line[i]}; });
  return out;
}

std::string answer_text(const boost::json::object& answer) {
  std::string out;
  auto data = answer.at("data").as_object();
  if (auto* actors = data.if_contains("actors"); actors != nullptr && actors->is_array())
    for (auto& each : actors->get_array())
      add_slowest(each.get_object());
  if (const auto* explained = data.if_contains("explanation");
      explained != nullptr && explained->is_object())
    return explanations::to_text(explained->get_object());
  if (const auto* said = data.if_contains("said"))
    return value_text("", *said) + "\n";
  std::string bytes;
  if (const auto* hex = data.if_contains("hex"); hex != nullptr && hex->is_string()) {
    bytes = hex_dump(hex->get_string());
    data.erase("hex");
  }
  add_fields(out, data, "");
  if (!bytes.empty())
    out += "\n" + bytes;
  out.erase(0, out.find_first_not_of('\n'));
  if (answer.at("truncated").as_bool())
    out += "\n(cut: there is more; see --limit)\n";
  return out;
}

} // namespace prism::prismctl
