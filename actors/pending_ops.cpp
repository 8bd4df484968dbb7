#include "actors/pending_ops.hpp"

#include "actors/runtime/ask_database.hpp"
#include "core/crash_point.hpp"
#include "log/line_limit.hpp"
#include "log/log.hpp"
#include "metrics/labels.hpp"

namespace prism {

namespace {

[[nodiscard]] bounded_array_map_options caps(std::uint64_t keys, const config::options& options) {
  return {.max_keys = keys, .max_items_per_key = options.pending_max_items};
}

[[nodiscard]] std::size_t map_of(atproto::collection kind) {
  return kind == atproto::collection::list_item ? 1 : 0;
}

} // namespace

pending_ops_state::pending_ops_state(self_pointer self, node_ptr node)
    : pending_ops_state(self, std::move(node), reload_times{}) {}

pending_ops_state::pending_ops_state(self_pointer self, node_ptr node, reload_times times)
    : self_(self), node_(std::move(node)), times_(times), indexes_(empty_indexes()) {}

pending_ops_actor::behavior_type pending_ops_state::make_behavior() {
  load_if_due();
  self_->delayed_send(self_, times_.poll_interval, tick{});
  return {[this](const pending_changed& report) { return on_report(report); },
          [this](const tick&) { on_tick(); }, [this](const stop_request&) { self_->quit(); },
          [this](const get_status&) { return status(); }};
}

void pending_ops_state::on_tick() {
  load_if_due();
  self_->delayed_send(self_, times_.poll_interval, tick{});
}

pending_noted pending_ops_state::on_report(const pending_changed& report) {
  reload_needed_ = reload_needed_ || !report.all;
  for (const auto& change : *report.changes) {
    apply_reported(change);
    if (!loading_)
      continue;
    if (changes_during_load_.size() < changes_during_load_capacity)
      changes_during_load_.push_back(change);
    else
      reload_needed_ = true;
  }
  update_gauges(); // before the answer, so that the sender finds its changes in them
  return {};
}

actor_status pending_ops_state::status() const {
  actor_status out{name, {}};
  for (std::size_t i = 0; i < indexes_.size(); ++i) {
    const auto map = std::string{metrics::labels::pending_maps[i]};
    const auto& waiting = indexes_[i].waiting();
    out.fields[map + "_keys"] = waiting.keys();
    out.fields[map + "_ops"] = waiting.items();
  }
  out.fields["evicted"] = evicted_;
  out.fields["loading"] = loading_;
  out.fields["reload_needed"] = reload_needed_;
  return out;
}

// -- loading the table -----------------------------------------------------------------------

void pending_ops_state::load_if_due() {
  const auto now = steady_clock::now();
  if (loading_ || now < not_before_ || (!reload_needed_ && now < due_))
    return;
  loading_ = true;
  reload_needed_ = false;
  load_began_ = now;
  changes_during_load_.clear();
  // The cache holds more operations than referents when several wait for one: to load fewer rows
  // than it holds would drop the others.
  load_limit_ = std::min(max_loaded_rows, static_cast<std::int64_t>(std::max<std::uint64_t>(
                                              node_->options.pending_max_posts, cached_ops())));
  ask_database(
      self_, *node_, db::newest_pending_job{load_limit_},
      [this](const changes& table) { on_loaded(table); },
      [this](const job_failure& failure) { on_load_failed(failure.why.message); });
}

// Changes reported during the load may be in its rows or not, so they are applied on top: to apply
// one twice does no harm. Full arrays are not logged here, since the rows may be old news.
void pending_ops_state::on_loaded(const changes& table) {
  const auto before = cached_ops();
  const auto evicted_before = evicted_;
  filling_ = true;
  indexes_ = empty_indexes();
  for (const auto& change : table)
    static_cast<void>(apply(change));
  for (const auto& change : changes_during_load_)
    static_cast<void>(apply(change));
  filling_ = false;
  // A load that reached its limit leaves out older rows, which may still be parked.
  const auto after = cached_ops() + (evicted_ - evicted_before);
  if (static_cast<std::int64_t>(table.size()) >= load_limit_ && after < before)
    node_->metrics.pending().events.of("not_kept").Increment(static_cast<double>(before - after));
  changes_during_load_.clear();
  loading_ = false;
  failing_ = false;
  // Loads take at most a hundredth of the time.
  const auto now = steady_clock::now();
  constexpr int share = 100;
  not_before_ = now + times_.pause;
  due_ = now + std::max<steady_clock::duration>(times_.every, share * (now - load_began_));
  update_gauges();
}

void pending_ops_state::on_load_failed(const std::string& error) {
  loading_ = false;
  reload_needed_ = true;
  if (!std::exchange(failing_, true))
    log::pending_ops().warn("pending_ops: cannot read the table pending_ops, trying again: {}",
                            error);
}

// -- the cache -------------------------------------------------------------------------------

void pending_ops_state::apply_reported(const db::pending_change& change) {
  const auto evicted_before = evicted_;
  const auto result = apply(change);
  if (evicted_ != evicted_before)
    hit(crash_point::during_eviction);
  if (result.warn)
    log::pending_ops().warn("[BoundedArrayMap] Array for key {} reached max items ({}){}",
                            change.referent_id, node_->options.pending_max_items,
                            log::left_out_note(*result.warn));
}

pending_index::map::add_result pending_ops_state::apply(const db::pending_change& change) {
  auto& index = indexes_[map_of(change.kind)];
  const pending_key op{change.creator_id, static_cast<std::uint8_t>(change.kind), change.rkey};
  if (change.what == db::pending_event::parked)
    return index.park(change.referent_id, op, steady_clock::now());
  index.forget(change.referent_id, op);
  return {};
}

// The callbacks point to this object, which does not move while they live.
pending_ops_state::indexes pending_ops_state::empty_indexes() {
  const auto& options = node_->options;
  const auto on_left = [this](std::int64_t, const pending_key&, eviction_reason reason) {
    count_evicted(reason);
  };
  return {pending_index{caps(options.pending_max_posts, options), on_left},
          pending_index{caps(options.pending_max_lists, options), on_left}};
}

std::size_t pending_ops_state::cached_ops() const {
  std::size_t sum = 0;
  for (const auto& index : indexes_)
    sum += index.waiting().items();
  return sum;
}

// Loaded rows without room made way for nothing new: they have an event of their own, counted at
// each load.
void pending_ops_state::count_evicted(eviction_reason reason) {
  ++evicted_;
  const auto& events = node_->metrics.pending().events;
  if (filling_)
    events.of("not_kept").Increment();
  else
    events.of(reason == eviction_reason::key_evicted ? "evicted" : "dropped").Increment();
}

void pending_ops_state::update_gauges() {
  const auto& out = node_->metrics.pending();
  for (std::size_t i = 0; i < indexes_.size(); ++i) {
    const auto& waiting = indexes_[i].waiting();
    out.ops[i]->Set(static_cast<double>(waiting.items()));
    out.keys[i]->Set(static_cast<double>(waiting.keys()));
  }
}

} // namespace prism
