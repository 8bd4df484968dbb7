#include "metrics/declarer.hpp"

namespace prism::metrics {

namespace {

std::string prefixed(std::string_view name) {
  return "prism_" + std::string(name);
}

} // namespace

prometheus::Counter* declarer::counter(std::string_view name, std::string help) {
  return &add_counters(prefixed(name), std::move(help), {}).Add({});
}

prometheus::Gauge* declarer::gauge(std::string_view name, std::string help) {
  return &add_gauges(prefixed(name), std::move(help), {}).Add({});
}

prometheus::Histogram* declarer::histogram(std::string_view name, const std::string& help,
                                           const prometheus::Histogram::BucketBoundaries& buckets) {
  families_.push_back({prefixed(name), "histogram", {}, help});
  return &prometheus::BuildHistogram()
              .Name(prefixed(name))
              .Help(help)
              .Register(registry_)
              .Add({}, buckets);
}

labelled_counter declarer::counters(std::string_view name, std::string help,
                                    const std::string& label,
                                    std::span<const std::string_view> values) {
  return {add_counters(prefixed(name), std::move(help), {label}), label, values};
}

declarer::counters_of& declarer::counter_family(std::string_view name, std::string help,
                                                std::vector<std::string> labels) {
  return add_counters(prefixed(name), std::move(help), std::move(labels));
}

declarer::gauges_of& declarer::gauge_family(std::string_view name, std::string help,
                                            std::vector<std::string> labels) {
  return add_gauges(prefixed(name), std::move(help), std::move(labels));
}

prometheus::Family<prometheus::Histogram>&
declarer::histogram_family(std::string_view name, std::string help,
                           std::vector<std::string> labels) {
  auto& family = prometheus::BuildHistogram().Name(prefixed(name)).Help(help).Register(registry_);
  families_.push_back({prefixed(name), "histogram", std::move(labels), std::move(help)});
  return family;
}

void declarer::info(std::string_view name, std::string help, const prometheus::Labels& labels) {
  std::vector<std::string> names;
  for (const auto& [label, value] : labels)
    names.push_back(label);
  add_gauges(prefixed(name), std::move(help), std::move(names)).Add(labels).Set(1);
}

prometheus::Counter* declarer::process_counter(const std::string& name, std::string help) {
  return &add_counters(name, std::move(help), {}).Add({});
}

prometheus::Gauge* declarer::process_gauge(const std::string& name, std::string help) {
  return &add_gauges(name, std::move(help), {}).Add({});
}

declarer::counters_of& declarer::add_counters(std::string name, std::string help,
                                              std::vector<std::string> labels) {
  auto& family = prometheus::BuildCounter().Name(name).Help(help).Register(registry_);
  families_.push_back({std::move(name), "counter", std::move(labels), std::move(help)});
  return family;
}

declarer::gauges_of& declarer::add_gauges(std::string name, std::string help,
                                          std::vector<std::string> labels) {
  auto& family = prometheus::BuildGauge().Name(name).Help(help).Register(registry_);
  families_.push_back({std::move(name), "gauge", std::move(labels), std::move(help)});
  return family;
}

} // namespace prism::metrics
