#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <string>
#include <string_view>

namespace prism::metrics {

/// How long the handlers of one actor class take, by message type. The types are the program's own;
/// should there be more than `max_types`, the others are counted as `other`. Thread-safe.
class message_times {
public:
  static constexpr std::size_t max_types = 40;

  message_times(prometheus::Family<prometheus::Histogram>& family, std::string actor);

  /// The histogram of a message type, valid as long as the registry. On hot paths, keep it.
  [[nodiscard]] prometheus::Histogram& of(std::string_view message);

private:
  [[nodiscard]] prometheus::Histogram& add(std::string_view message);

  prometheus::Family<prometheus::Histogram>& family_;
  const std::string actor_;
  std::mutex mutex_;
  std::map<std::string, prometheus::Histogram*, std::less<>> known_;
};

} // namespace prism::metrics
