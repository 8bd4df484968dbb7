#include "actors/pending_ops.hpp"

#include "actors/runtime/ask_database.hpp"
#include "core/crash_point.hpp"
#include "metrics/labels.hpp"

#include <spdlog/spdlog.h>

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
    : pending_ops_state(self, std::move(node), reading{}) {}

pending_ops_state::pending_ops_state(self_pointer self, node_ptr node, reading when)
    : self_(self), node_(std::move(node)), when_(when), waiting_(empty_indexes()) {}

// They tell this object, which stays where it is as long as they live.
pending_ops_state::indexes pending_ops_state::empty_indexes() {
  const auto& options = node_->options;
  const auto left = [this](std::int64_t, const pending_key&, eviction_reason why) {
    count_evicted(why);
  };
  return {pending_index{caps(options.pending_max_posts, options), left},
          pending_index{caps(options.pending_max_lists, options), left}};
}

std::size_t pending_ops_state::remembered() const {
  std::size_t sum = 0;
  for (const auto& each : waiting_)
    sum += each.waiting().items();
  return sum;
}

pending_ops_actor::behavior_type pending_ops_state::make_behavior() {
  load_if_due();
  self_->delayed_send(self_, when_.poll_interval, tick{});
  return {[this](const pending_changed& what) -> pending_noted {
            noted(what);
            return {};
          },
          [this](const tick&) {
            load_if_due();
            self_->delayed_send(self_, when_.poll_interval, tick{});
          },
          [this](const stop_request&) { self_->quit(); },
          [this](const get_status&) -> actor_status {
            actor_status out{name, {}};
            for (std::size_t i = 0; i < waiting_.size(); ++i) {
              const auto map = std::string{metrics::labels::pending_maps[i]};
              const auto& waiting = waiting_[i].waiting();
              out.fields.emplace_back(map + "_keys", std::to_string(waiting.keys()));
              out.fields.emplace_back(map + "_ops", std::to_string(waiting.items()));
            }
            return out;
          }};
}

void pending_ops_state::load_if_due() {
  const auto now = steady_clock::now();
  if (loading_ || now < not_before_ || (!reload_needed_ && now < due_))
    return;
  loading_ = true;
  reload_needed_ = false;
  asked_ = now;
  changes_during_load_.clear();
  // Memory holds more operations than posts when several wait for one: to read fewer than it holds
  // would make it forget the others.
  limit_ = std::min(max_loaded_rows, static_cast<std::int64_t>(std::max<std::uint64_t>(
                                         node_->options.pending_max_posts, remembered())));
  ask_database(
      self_, *node_, db::newest_pending_job{limit_},
      [this](const changes& table) { loaded(table); },
      [this](const job_failure& failure) { not_loaded(failure.why.message); });
}

// What was told of meanwhile may be in what was read or not, and comes on top: to enter or forget
// something twice does no harm. No line tells of full arrays: what is read may be old news.
void pending_ops_state::loaded(const changes& table) {
  const auto before = remembered();
  const auto evicted_before = evicted_;
  filling_ = true;
  waiting_ = empty_indexes();
  for (const auto& each : table)
    static_cast<void>(enter(each));
  for (const auto& each : changes_during_load_)
    static_cast<void>(enter(each));
  filling_ = false;
  // A full reading leaves the older ones out, which may wait still.
  const auto now_remembered = remembered() + (evicted_ - evicted_before);
  if (static_cast<std::int64_t>(table.size()) >= limit_ && now_remembered < before)
    node_->metrics.pending()
        .events.of("not_kept")
        .Increment(static_cast<double>(before - now_remembered));
  changes_during_load_.clear();
  loading_ = false;
  failing_ = false;
  // A table that takes long to read is read less often.
  const auto now = steady_clock::now();
  constexpr int share = 100;
  not_before_ = now + when_.pause;
  due_ = now + std::max<steady_clock::duration>(when_.every, share * (now - asked_));
  show();
}

void pending_ops_state::not_loaded(const std::string& why) {
  loading_ = false;
  reload_needed_ = true;
  if (!std::exchange(failing_, true))
    spdlog::warn("pending_ops: the table could not be read, it is tried again: {}", why);
}

void pending_ops_state::noted(const pending_changed& what) {
  reload_needed_ = reload_needed_ || !what.all;
  for (const auto& each : *what.changes) {
    note(each);
    if (!loading_)
      continue;
    if (changes_during_load_.size() < changes_during_load_capacity)
      changes_during_load_.push_back(each);
    else
      reload_needed_ = true; // it is read once more
  }
  show();
}

pending_index::map::add_result pending_ops_state::enter(const db::pending_change& change) {
  auto& waiting = waiting_[map_of(change.kind)];
  const pending_key op{change.creator_id, static_cast<std::uint8_t>(change.kind), change.rkey};
  if (change.what == db::pending_event::parked)
    return waiting.park(change.referent_id, op, steady_clock::now());
  waiting.forget(change.referent_id, op);
  return {};
}

// What the table had and found no room was not given up for anything new: it is counted apart, each
// time that the table is read.
void pending_ops_state::count_evicted(eviction_reason why) {
  ++evicted_;
  const auto& events = node_->metrics.pending().events;
  if (filling_)
    events.of("not_kept").Increment();
  else
    events.of(why == eviction_reason::key_evicted ? "evicted" : "dropped").Increment();
}

void pending_ops_state::note(const db::pending_change& change) {
  const auto evicted_before = evicted_;
  const auto entered = enter(change);
  if (evicted_ != evicted_before)
    hit(crash_point::during_eviction);
  if (entered.warn)
    spdlog::warn("[BoundedArrayMap] Array for key {} reached max items ({}){}", change.referent_id,
                 node_->options.pending_max_items,
                 *entered.warn > 0 ? fmt::format("; {} such lines kept back", *entered.warn)
                                   : std::string{});
}

// Before anybody is answered, so that the gauges are never behind what was told.
void pending_ops_state::show() {
  const auto& out = node_->metrics.pending();
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    const auto& waiting = waiting_[i].waiting();
    out.ops[i]->Set(static_cast<double>(waiting.items()));
    out.keys[i]->Set(static_cast<double>(waiting.keys()));
  }
}

} // namespace prism
