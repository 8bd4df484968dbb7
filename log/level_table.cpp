#include "log/level_table.hpp"

namespace prism::log {

level_table::level_table(level usual) {
  for (const auto each : all_components())
    rows_[static_cast<std::size_t>(each)] = {
        .of = each, .now = usual, .usual = usual, .until = std::nullopt};
}

void level_table::set_usual(level usual) {
  for (auto& row : rows_) {
    row.usual = usual;
    if (!row.until)
      row.now = usual;
  }
}

expected<component_level> level_table::set(component of, level to, std::chrono::seconds lasting,
                                           time_point now) {
  if (lasting < std::chrono::seconds{1} || lasting > longest)
    return fail(errc::invalid, "a level is changed for 1 to {} s, not for {} s",
                std::chrono::seconds{longest}.count(), lasting.count());
  auto& row = rows_[static_cast<std::size_t>(of)];
  row.now = to;
  row.until = to == row.usual ? std::nullopt : std::optional{now + lasting};
  return row;
}

std::vector<component_level> level_table::end_due(time_point now) {
  std::vector<component_level> ended;
  for (auto& row : rows_)
    if (row.until && *row.until <= now) {
      row.until.reset();
      row.now = row.usual;
      ended.push_back(row);
    }
  return ended;
}

} // namespace prism::log
