#include "metrics/registry.hpp"

#include "metrics/labels.hpp"
#include "metrics/registry_impl.hpp"

#include <algorithm>
#include <prometheus/text_serializer.h>
#include <sstream>

namespace prism::metrics {

registry::registry(const registry_options& options) : impl_(std::make_unique<impl>(options)) {
  for (std::size_t i = 0; i < options.shards; ++i)
    static_cast<void>(shard(i));
}

registry::~registry() = default;

const firehose_metrics& registry::firehose() const noexcept {
  return impl_->firehose;
}

const batch_metrics& registry::batches() const noexcept {
  return impl_->batches;
}

const database_metrics& registry::database() const noexcept {
  return impl_->database;
}

const user_creation_metrics& registry::user_creation() const noexcept {
  return impl_->user_creation;
}

const identity_metrics& registry::identity() const noexcept {
  return impl_->identity;
}

const pending_metrics& registry::pending() const noexcept {
  return impl_->pending;
}

const node_metrics& registry::node() const noexcept {
  return impl_->node;
}

const http_metrics& registry::http() const noexcept {
  return impl_->http;
}

const cluster_metrics& registry::cluster() const noexcept {
  return impl_->cluster;
}

const dataplane_metrics& registry::dataplane() const noexcept {
  return impl_->dataplane;
}

dataplane_method_metrics registry::dataplane_method(std::string_view name) {
  const prometheus::Labels labels{{"method", std::string(name)}};
  return {.calls = labelled_counter(impl_->method_calls, "status", labels::call_statuses, labels),
          .seconds = &impl_->method_seconds.Add(
              labels, prometheus::Histogram::BucketBoundaries{0.0005, 0.001, 0.0025, 0.005, 0.01,
                                                              0.025, 0.1, 0.5, 2.5})};
}

const tunnel_metrics& registry::tunnel() const noexcept {
  return impl_->tunnel;
}

const labelled_counter& registry::ops(std::string_view collection) const noexcept {
  return impl_->ops[impl_->index_of(collection)];
}

prometheus::Counter& registry::rejected(std::string_view collection, std::string_view reason) {
  const auto index = impl_->index_of(collection);
  const auto known = index < impl_->collections.size();
  std::string counted_reason(reason);
  {
    const std::lock_guard lock(impl_->reasons_mutex);
    if (impl_->reasons.size() < max_reject_reasons)
      impl_->reasons.insert(counted_reason);
    else if (!impl_->reasons.contains(reason))
      counted_reason = labels::other;
  }
  return impl_->rejected_family.Add(
      {{"collection", known ? impl_->collections[index] : std::string(labels::other)},
       {"reason", counted_reason}});
}

shard_metrics registry::shard(std::size_t number) {
  const prometheus::Labels labels{{"shard", std::to_string(number)}};
  return {.frames = &impl_->shard_frames.Add(labels), .held = &impl_->shard_held.Add(labels)};
}

channel_metrics registry::channel(const std::string& name) {
  const prometheus::Labels labels{{"edge", name}};
  return {.depth = &impl_->channel_depth.Add(labels),
          .capacity = &impl_->channel_capacity.Add(labels),
          .exhausted = &impl_->channel_exhausted.Add(labels),
          .stalled_seconds = &impl_->channel_stalled.Add(labels)};
}

void registry::declare_channel(const std::string& name, std::size_t capacity) {
  impl_->channels.try_emplace(
      name, impl::shown_channel{std::make_shared<bounded_channel>(capacity), channel(name)});
}

void registry::declare_inbox(const std::string& name, const std::string& actor,
                             const std::type_info& message, std::size_t capacity) {
  declare_channel(name, capacity);
  impl_->inboxes[actor].push_back({&message, bounded(name)});
}

std::shared_ptr<bounded_channel> registry::bounded(std::string_view name) const {
  const auto found = impl_->channels.find(name);
  return found == impl_->channels.end() ? nullptr : found->second.channel;
}

cache_metrics registry::cache(const std::string& name) {
  const prometheus::Labels labels{{"cache", name}};
  return {.hits = &impl_->cache_hits.Add(labels),
          .misses = &impl_->cache_misses.Add(labels),
          .evictions = &impl_->cache_evictions.Add(labels),
          .entries = &impl_->cache_entries.Add(labels)};
}

actor_metrics registry::actor(const std::string& name) {
  const prometheus::Labels labels{{"actor", name}};
  auto* times = [&] {
    const std::lock_guard lock(impl_->times_mutex);
    return &impl_->times.try_emplace(name, impl_->actor_times, name).first->second;
  }();
  const auto inboxes = impl_->inboxes.find(name);
  return {.restarts = &impl_->actor_restarts.Add(labels),
          .mailbox_depth = &impl_->actor_mailbox.Add(labels),
          .messages = &impl_->actor_messages.Add(labels),
          .handling_seconds = &impl_->actor_handling.Add(labels),
          .times = times,
          .inboxes =
              inboxes == impl_->inboxes.end() ? std::vector<inbox_channel>{} : inboxes->second};
}

namespace {

[[nodiscard]] prometheus::Labels labels_of_job(const std::string& name) {
  return {{"background_job", name}};
}

} // namespace

job_metrics registry::job(const std::string& name) {
  const auto labels = labels_of_job(name);
  return {.runs = &impl_->job_runs.Add(labels),
          .failures = &impl_->job_failures.Add(labels),
          .rows = &impl_->job_rows.Add(labels),
          .last_run = &impl_->job_last_run.Add(labels),
          .last_duration = &impl_->job_last_duration.Add(labels)};
}

bool registry::has_job(const std::string& name) const {
  return impl_->job_runs.Has(labels_of_job(name));
}

const labelled_counter& registry::audit_findings() const noexcept {
  return impl_->audit_findings;
}

prometheus::Gauge& registry::refused_records() noexcept {
  return *impl_->refused_records;
}

prometheus::Counter& registry::chaos_kills() noexcept {
  return *impl_->chaos_kills;
}

std::span<const family_info> registry::families() const noexcept {
  return impl_->declare.families();
}

std::shared_ptr<void> registry::before_scrape(std::function<void()> set) {
  const std::scoped_lock lock(impl_->sampling);
  const auto place = impl_->setters.insert(impl_->setters.end(), std::move(set));
  return {impl_.get(), [place](impl* of) {
            const std::scoped_lock waits_for_calls(of->sampling);
            of->setters.erase(place);
          }};
}

std::vector<registry::reading> registry::read(std::string_view prefix) const {
  const std::scoped_lock lock(impl_->sampling);
  impl_->sample(std::chrono::system_clock::now());
  std::vector<reading> out;
  for (const auto& family : impl_->declare.collect()) {
    if (!family.name.starts_with(prefix))
      continue;
    for (const auto& series : family.metric) {
      reading found{family.name, {}, series.gauge.value};
      if (family.type == prometheus::MetricType::Counter)
        found.value = series.counter.value;
      for (const auto& label : series.label)
        found.labels.emplace(label.name, label.value);
      out.push_back(std::move(found));
    }
  }
  return out;
}

double registry::ops_total() const noexcept {
  double out = 0;
  for (const auto& each : impl_->ops)
    out += each.total();
  return out;
}

std::string registry::serialize(std::chrono::system_clock::time_point now) {
  const std::scoped_lock lock(impl_->sampling);
  impl_->sample(now);
  std::ostringstream out;
  prometheus::TextSerializer{}.Serialize(out, impl_->declare.collect());
  return std::move(out).str();
}

} // namespace prism::metrics
