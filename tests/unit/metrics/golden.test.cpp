#include "metrics/registry.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>

using namespace prism::metrics;

namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A registry with at least one series of each family.
std::unique_ptr<registry> full_registry() {
  auto metrics = std::make_unique<registry>(
      registry_options{.version = "1", .revision = "1", .shards = 1, .collections = {"a.b.c"}});
  static_cast<void>(metrics->channel("e"));
  static_cast<void>(metrics->cache("c"));
  static_cast<void>(metrics->actor("a").times->of("m"));
  static_cast<void>(metrics->job("j"));
  static_cast<void>(metrics->dataplane_method("Ping"));
  static_cast<void>(metrics->rejected("a.b.c", "r"));
  return metrics;
}

std::string listed(const std::string& name, const std::string& type,
                   const std::set<std::string>& labels) {
  std::string line = name + " " + type;
  for (const auto& label : labels)
    line += " " + label;
  return line + "\n";
}

// "name type label…" of each family, taken from the output of a scrape.
std::set<std::string> families_seen(const std::string& exposition) {
  std::map<std::string, std::string> types;
  std::map<std::string, std::set<std::string>> labels;
  const std::regex label("([a-z_]+)=\"");
  std::istringstream lines(exposition);
  std::string current;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string hash;
    std::string word;
    if (words >> hash >> word && hash == "#") {
      if (word == "TYPE") {
        words >> current;
        words >> types[current];
      }
      continue;
    }
    REQUIRE(line.starts_with(current));
    for (std::sregex_iterator it(line.begin(), line.end(), label), end; it != end; ++it)
      if ((*it)[1] != "le")
        labels[current].insert((*it)[1]);
  }
  std::set<std::string> result;
  for (const auto& [name, type] : types)
    result.insert(listed(name, type, labels[name]));
  return result;
}

std::string joined(const std::set<std::string>& lines) {
  std::string text;
  for (const auto& line : lines)
    text += line;
  return text;
}

std::string markdown(std::span<const family_info> families) {
  std::string text = "| name | type | labels | meaning |\n|---|---|---|---|\n";
  for (const auto& family : families) {
    std::string labels;
    for (const auto& label : family.labels)
      labels += (labels.empty() ? "`" : ", `") + label + "`";
    text += "| `" + family.name + "` | " + std::string(family.type) + " | " + labels + " | " +
            family.help + " |\n";
  }
  return text;
}

} // namespace

TEST_CASE("the metrics and their labels are those of the golden file") {
  const auto seen = joined(families_seen(full_registry()->serialize()));
  // To accept a change, copy this file over the golden one and let the review see it.
  std::ofstream(PRISM_BINARY_DIR "/metrics.txt") << seen;
  CHECK(seen == text_of(PRISM_SOURCE_DIR "/tests/golden/metrics.txt"));
}

TEST_CASE("every family has the labels of its declaration") {
  const auto metrics = full_registry();
  std::set<std::string> declared;
  for (const auto& family : metrics->families())
    CHECK(declared
              .insert(listed(family.name, std::string(family.type),
                             {family.labels.begin(), family.labels.end()}))
              .second);
  CHECK(declared == families_seen(metrics->serialize()));
}

TEST_CASE("docs/METRICS.md holds the table of all families") {
  const auto table = markdown(full_registry()->families());
  std::ofstream(PRISM_BINARY_DIR "/metrics_table.md") << table;
  CHECK_THAT(text_of(PRISM_SOURCE_DIR "/docs/METRICS.md"), Catch::Contains(table));
}

TEST_CASE("names follow the conventions of Prometheus") {
  const auto metrics = full_registry();
  for (const auto& family : metrics->families()) {
    INFO(family.name);
    CHECK((family.name.starts_with("prism_") || family.name.starts_with("process_")));
    CHECK(family.name.ends_with("_total") == (family.type == "counter"));
    CHECK(family.help.ends_with("."));
    for (const auto* unit : {"_ms", "_millis", "_kb", "_mb", "_percent"})
      CHECK(family.name.find(unit) == std::string::npos);
    for (const auto& label : family.labels)
      CHECK((label != "did" && label != "uri" && label != "handle"));
  }
}
