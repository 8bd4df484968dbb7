#pragma once

#include "metrics/family_info.hpp"
#include "metrics/labelled_counter.hpp"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/registry.h>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace prism::metrics {

/// Declares metric families in a Prometheus registry: adds the prefix `prism_`, and records each
/// family for the documentation. Internal to `registry`.
class declarer {
public:
  using counters_of = prometheus::Family<prometheus::Counter>;
  using gauges_of = prometheus::Family<prometheus::Gauge>;

  /// A family without labels; returns its only series.
  prometheus::Counter* counter(std::string_view name, std::string help);
  prometheus::Gauge* gauge(std::string_view name, std::string help);
  prometheus::Histogram* histogram(std::string_view name, const std::string& help,
                                   const prometheus::Histogram::BucketBoundaries& buckets);

  /// A family with one label whose values are fixed.
  labelled_counter counters(std::string_view name, std::string help, const std::string& label,
                            std::span<const std::string_view> values);

  /// A family whose series are added later.
  counters_of& counter_family(std::string_view name, std::string help,
                              std::vector<std::string> labels);
  gauges_of& gauge_family(std::string_view name, std::string help, std::vector<std::string> labels);

  /// The same for histograms; each series is added with its buckets.
  prometheus::Family<prometheus::Histogram>&
  histogram_family(std::string_view name, std::string help, std::vector<std::string> labels);

  /// A gauge that is always 1; its labels carry the information.
  void info(std::string_view name, std::string help, const prometheus::Labels& labels);

  /// Families of the process itself, without the prefix.
  prometheus::Counter* process_counter(const std::string& name, std::string help);
  prometheus::Gauge* process_gauge(const std::string& name, std::string help);

  [[nodiscard]] std::span<const family_info> families() const noexcept { return families_; }
  [[nodiscard]] std::vector<prometheus::MetricFamily> collect() const {
    return registry_.Collect();
  }

private:
  counters_of& add_counters(std::string name, std::string help, std::vector<std::string> labels);
  gauges_of& add_gauges(std::string name, std::string help, std::vector<std::string> labels);

  // Declaring a name twice is a defect of the program; the library's exception ends the start.
  prometheus::Registry registry_{prometheus::Registry::InsertBehavior::Throw};
  std::vector<family_info> families_;
};

} // namespace prism::metrics
