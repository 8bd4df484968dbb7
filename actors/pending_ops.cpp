#include "actors/pending_ops.hpp"

#include "core/crash_point.hpp"
#include "metrics/labels.hpp"

#include <spdlog/spdlog.h>

namespace prism {

namespace {

constexpr std::chrono::seconds show_interval{1};

[[nodiscard]] bounded_array_map_options caps(std::uint64_t keys, const config::options& options) {
  return {.max_keys = keys, .max_items_per_key = options.pending_max_items};
}

} // namespace

pending_ops_state::pending_ops_state(self_pointer self, node_ptr node)
    : self_(self), node_(std::move(node)),
      waiting_{pending_index{caps(node_->options.pending_max_posts, node_->options)},
               pending_index{caps(node_->options.pending_max_lists, node_->options)}} {}

pending_ops_actor::behavior_type pending_ops_state::make_behavior() {
  load();
  self_->delayed_send(self_, show_interval, tick{});
  return {[this](const pending_changed& what) -> pending_noted {
            for (const auto& each : *what.changes)
              note(each);
            return {};
          },
          [this](const tick&) {
            show();
            self_->delayed_send(self_, show_interval, tick{});
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

// Before anything else is handled: what shards report next comes on top of it.
void pending_ops_state::load() {
  const auto pool = node_->actors.find_as<pool_actor>(names::pool);
  if (!pool)
    return;
  const auto limit = static_cast<std::int64_t>(node_->options.pending_max_posts);
  self_
      ->request(pool, node_->options.transaction_timeout,
                run_job{std::make_shared<const db::job>(db::newest_pending_job{limit})})
      .await(
          [this](const job_result& done) {
            if (!*done.what) {
              spdlog::warn("pending_ops: starts empty: {}", done.what->error().message);
              return;
            }
            for (const auto& each : std::get<std::vector<db::pending_change>>(**done.what))
              note(each);
          },
          [this](const caf::error& problem) {
            spdlog::warn("pending_ops: starts empty: {}", describe(self_->system(), problem));
          });
}

std::size_t pending_ops_state::map_of(atproto::collection kind) const {
  return kind == atproto::collection::list_item ? 1 : 0;
}

void pending_ops_state::note(const db::pending_change& change) {
  auto& waiting = waiting_[map_of(change.kind)];
  const pending_key op{change.creator_id, static_cast<std::uint8_t>(change.kind), change.rkey};
  if (change.what != db::pending_event::parked) {
    waiting.forget(change.referent_id, op);
    return;
  }
  const auto pushed_out = waiting.park(change.referent_id, op, steady_clock::now());
  if (pushed_out.evicted || pushed_out.dropped)
    pass(crash_point::during_eviction);
  if (pushed_out.warn)
    spdlog::warn("[BoundedArrayMap] Array for key {} reached max items ({}){}", change.referent_id,
                 node_->options.pending_max_items,
                 *pushed_out.warn > 0 ? fmt::format("; {} such lines kept back", *pushed_out.warn)
                                      : std::string{});
}

void pending_ops_state::show() {
  const auto& out = node_->metrics.pending();
  const auto raise = [&](std::string_view event, std::uint64_t now, std::uint64_t& shown) {
    out.events.of(event).Increment(static_cast<double>(now - shown));
    shown = now;
  };
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    const auto& waiting = waiting_[i].waiting();
    out.ops[i]->Set(static_cast<double>(waiting.items()));
    out.keys[i]->Set(static_cast<double>(waiting.keys()));
    raise("evicted", waiting.evicted_items(), shown_evicted_[i]);
    raise("dropped", waiting.dropped_items(), shown_dropped_[i]);
  }
}

} // namespace prism
