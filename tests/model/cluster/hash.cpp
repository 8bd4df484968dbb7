#include "core/hash.hpp"

#include "tests/model/cluster/world.hpp"

#include <algorithm>

namespace prism::model {

namespace {

/// Times count from now on, numbers from the current one on; what is long past is all the same.
class hasher {
public:
  explicit hasher(const world& of) : world_(of) {}

  [[nodiscard]] std::uint64_t value() const { return hash_; }

  void add(std::int64_t number) {
    auto x = static_cast<std::uint64_t>(number) + 0x9e3779b97f4a7c15ULL + hash_;
    x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27U)) * 0x94d049bb133111ebULL;
    hash_ = x ^ (x >> 31U);
  }
  void text(const std::string& id) {
    add(static_cast<std::int64_t>(id.size()));
    for (const char c : id)
      add(c);
  }
  void view(std::int64_t number) { add(number == 0 ? 1'000 : number - world_.db.view); }
  void epoch(std::int64_t number) { add(number == 0 ? 1'000 : number - world_.db.epoch); }
  /// A time ahead; one that is past by more than `memory` is past.
  void ahead(milliseconds left, milliseconds memory = {}) { add(std::max(left, -memory).count()); }
  /// A time behind; whatever is older than `memory` is old.
  void behind(milliseconds age, milliseconds memory) { add(std::min(age, memory).count()); }

  void database() {
    const auto& db = world_.db;
    text(db.holder);
    ahead(db.lease_expires - world_.now);
    add(static_cast<std::int64_t>(db.members.size()));
    for (const auto& each : db.members) {
      text(each.id);
      text(each.name);
      view(each.view);
      add(each.draining ? 1 : 0);
      text(each.dead_reason);
      if (each.dead_reason.empty())
        ahead(each.expires_at - world_.now);
    }
    placement(db.placement);
    for (std::size_t i = 0; i < shard_count; ++i) {
      view(db.cursor_epoch[i]);
      text(db.locked_by[i]);
      const bool current = world_.last_token[i] == db.cursor_epoch[i];
      text(current ? world_.last_writer[i] : std::string{});
    }
  }

  void placement(const std::vector<cluster::placed_shard>& of) {
    for (const auto& each : of) {
      text(each.node);
      view(each.token);
      add(each.pinned ? 1 : 0);
    }
  }

  void table(const cluster::table& of) {
    view(of.view);
    text(of.lead.holder);
    epoch(of.lead.epoch);
    ahead(of.lead.expires_in);
    for (const auto& each : of.members) {
      text(each.id);
      add(each.draining ? 1 : 0);
      text(each.dead_reason);
      view(each.view);
      ahead(each.expires_in);
    }
    placement(of.placement);
  }

  void one(const operation& of) {
    add(static_cast<std::int64_t>(of.what));
    add(static_cast<std::int64_t>(of.at));
    text(of.node);
    view(of.request.view);
    epoch(of.request.epoch);
    add(static_cast<std::int64_t>(of.request.lease));
    add((of.request.renew_member ? 2 : 0) + (of.request.draining ? 1 : 0));
    if (of.plan) {
      view(of.plan->from_view);
      for (const auto& each : of.plan->dead)
        text(each);
      placement(of.plan->moved);
      for (const auto& each : of.plan->moved)
        add(each.shard);
      epoch(of.epoch);
      outage(of.planned_at);
    }
    if (of.answer)
      table(*of.answer);
  }

  void one(const batch& of) {
    text(of.node);
    add(static_cast<std::int64_t>(of.shard));
    view(of.token);
    add(of.checked ? 1 : 0);
  }

  void one(const process& of) {
    text(of.name);
    text(of.id);
    add(of.rate);
    add((of.joined ? 1 : 0) + (of.paused ? 2 : 0) + (of.cut ? 4 : 0) + (of.stopping ? 8 : 0));
    for (const auto token : of.tokens)
      view(token);
    machine(of.machine.inside(), of.clock());
    add(of.control ? 1 : 0);
    if (of.control)
      one(*of.control);
    add(of.writing ? 1 : 0);
    if (of.writing)
      one(*of.writing);
  }

  void all() {
    database();
    add(world_.away ? 1 : 0);
    outage(world_.now);
    if (world_.away)
      behind(world_.now - world_.went_away, times.renewal() + tick);
    add(world_.faults_left);
    for (const auto& each : world_.processes)
      one(each);
    for (const auto& each : world_.late_operations)
      one(each);
    for (const auto& each : world_.late_batches)
      one(each);
  }

private:
  // How a time is related to the newest outage.
  void outage(instant at) {
    const bool counts = world_.came_back - world_.went_away > times.renewal();
    if (counts && !world_.away)
      behind(at - world_.came_back, times.ttl);
  }

  void machine(const cluster::node_machine::state& of, time_point clock) {
    using std::chrono::duration_cast;
    const auto ms = [](auto time) { return duration_cast<milliseconds>(time); };
    add((of.stopping ? 1 : 0) + (of.draining ? 2 : 0) + (of.hurried ? 4 : 0) + (of.holds ? 8 : 0) +
        (of.reported ? 16 : 0) + (of.has_heirs ? 32 : 0));
    view(of.view);
    epoch(of.epoch);
    ahead(ms(of.trusted_until - clock));
    behind(ms(clock - of.begun), times.ttl);
    behind(ms(clock - of.answered), cluster::node_machine::min_pause);
    ahead(ms(of.next - clock));
    ahead(of.member_renewal ? ms(*of.member_renewal - clock) : milliseconds{});
    ahead(of.lease_free ? ms(*of.lease_free - clock) : milliseconds{});
    behind(of.succeeded ? ms(clock - *of.succeeded) : times.ttl, times.renewal() + tick);
    add(of.succeeded_since ? 1 : 0);
    if (of.succeeded_since)
      behind(ms(clock - *of.succeeded_since), times.ttl);
  }

  const world& world_;
  std::uint64_t hash_{fnv1a_basis};
};

} // namespace

std::uint64_t fingerprint(const world& of) {
  hasher out(of);
  out.all();
  return out.value();
}

} // namespace prism::model
