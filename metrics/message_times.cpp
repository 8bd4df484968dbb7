#include "metrics/message_times.hpp"

#include "metrics/labels.hpp"

#include <utility>

namespace prism::metrics {

namespace {

const prometheus::Histogram::BucketBoundaries handler_buckets{
    0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30};

} // namespace

message_times::message_times(prometheus::Family<prometheus::Histogram>& family, std::string actor)
    : family_(family), actor_(std::move(actor)) {}

prometheus::Histogram& message_times::of(std::string_view message) {
  const std::lock_guard lock(mutex_);
  if (const auto found = known_.find(message); found != known_.end())
    return *found->second;
  if (known_.size() >= max_types)
    return add(labels::other);
  return *known_.emplace(message, &add(message)).first->second;
}

prometheus::Histogram& message_times::add(std::string_view message) {
  return family_.Add({{"actor", actor_}, {"message", std::string(message)}}, handler_buckets);
}

} // namespace prism::metrics
