#include "network.hpp"

#include <algorithm>
#include <numeric>

namespace prism::synth {

using atproto::collection;

namespace {

constexpr micros millisecond = 1000;
constexpr micros second = 1'000'000;
constexpr std::size_t first_accounts = 10;
constexpr std::size_t operations_per_join = 100; // of a stream

[[nodiscard]] atproto::tid tid_of(micros time, std::size_t clock_id) {
  return atproto::tid{(static_cast<std::uint64_t>(time) << 10U) | clock_id};
}

} // namespace

network::network(const options& how, frame_sink sink, model* expected, micros begin)
    : how_(how), sink_(std::move(sink)), model_(expected), random_(how.seed),
      clock_random_(~how.seed), begin_(begin), now_(begin) {}

void network::run() {
  while (operations_ < how_.operations)
    step();
}

std::size_t network::accounts_due() const {
  if (how_.stream.rate > 0)
    return std::min(first_accounts + operations_ / operations_per_join, how_.accounts + gone_);
  return std::min(first_accounts + operations_ * 2 * how_.accounts / how_.operations,
                  how_.accounts);
}

void network::step() {
  for (const auto due = accounts_due(); accounts_.size() < due;)
    join();
  keep_promises();
  if (random_.chance(1))
    resume_someone();
  act();
}

void network::join() {
  const auto number = accounts_.size();
  auto& who = accounts_.emplace_back(make_account(how_.seed, number));
  if (how_.wrong_clocks)
    who.clock = static_cast<host_clock>((number + how_.seed) % host_clock_count);
  emit_identity(who);
  emit_account(who, {});
  emit(accounts_.size() - 1, {});
  if (random_.chance(90))
    emit(accounts_.size() - 1, make_profile(accounts_.size() - 1));
}

void network::act() {
  const auto who = some_account();
  auto at = random_.unit() * std::accumulate(how_.mix.begin(), how_.mix.end(), 0.0);
  std::size_t chosen = 0;
  while (chosen + 1 < action_count && at >= how_.mix[chosen])
    at -= how_.mix[chosen++];
  const auto what = within_bounds(static_cast<action>(chosen));
  if (what >= action::handle) {
    if (change_account(who, what))
      return;
  }
  auto made = choose(who, what);
  if (made.empty())
    made = make_post(who, action::post);
  // Some clients put several records into one commit.
  if (random_.chance(4))
    for (auto more = 1 + random_.below(4); more > 0; --more)
      for (auto& each : choose(who, random_.chance(50) ? action::like : action::follow))
        made.push_back(std::move(each));
  emit(who, std::move(made));
}

void network::keep_promises() {
  for (std::size_t i = 0; i < promises_.size();) {
    auto& next = promises_[i];
    const auto& author = accounts_[next.author];
    if (next.due > operations_ || (!author.active && !author.gone)) {
      ++i;
      continue;
    }
    auto kept = std::move(next);
    promises_.erase(promises_.begin() + static_cast<std::ptrdiff_t>(i));
    if (!author.gone)
      emit(kept.author, {std::move(kept.what)});
  }
}

bool network::change_account(std::size_t who, action what) {
  auto& account = accounts_[who];
  if (what == action::handle) {
    account.handle = "renamed" + std::to_string(seq_) + ".test";
    emit_identity(account);
    return true;
  }
  // The first accounts are never deleted, so that the network is never empty. Deleted ones keep a
  // small entry.
  if (who < first_accounts || (what == action::leave && gone_ >= how_.accounts))
    return false;
  account.active = false;
  if (what == action::pause) {
    paused_.push_back(who);
    emit_account(account, random_.chance(50) ? "deactivated" : "takendown");
    return true;
  }
  leave(account);
  emit_account(account, "deleted");
  return true;
}

void network::leave(account& who) {
  who.gone = true;
  ++gone_;
  for (const auto& each : who.records)
    if (each.what->kind == collection::post)
      bury(each.post);
  loose_ -= who.records.size();
  who.records = {};
  who.lists = {};
  who.repo.forget();
}

action network::within_bounds(action what) const {
  const bool makes_fixed =
      what == action::list || what == action::threadgate || what == action::postgate;
  if (makes_fixed && fixed_ >= how_.remember / 10)
    what = action::post;
  const bool changes = what == action::remove || what >= action::profile;
  return !changes && loose_ >= how_.remember ? action::remove : what;
}

std::size_t network::add_post(post what) {
  if (posts_.size() < how_.remember || free_posts_.empty()) {
    posts_.push_back(std::move(what));
    return posts_.size() - 1;
  }
  const auto place = free_posts_.back();
  free_posts_.pop_back();
  posts_[place] = std::move(what);
  return place;
}

void network::bury(std::size_t post) {
  posts_[post].alive = false;
  if (how_.remember != SIZE_MAX)
    free_posts_.push_back(post);
}

void network::resume_someone() {
  if (paused_.empty())
    return;
  const auto at = paused_.begin() + static_cast<std::ptrdiff_t>(random_.below(paused_.size()));
  auto& account = accounts_[*at];
  paused_.erase(at);
  account.active = true;
  emit_account(account, {});
}

void network::emit(std::size_t who, changes of) {
  auto& account = accounts_[who];
  const bool first = account.repo.is_new();
  const auto envelope = next_envelope(account);
  const auto made = account.repo.apply(of, tid_of(now_, account.clock_id));
  sink_(commit_frame(envelope, made, of));
  if (model_ != nullptr)
    model_->commit(account.did, envelope.time, made, of);
  operations_ += of.size();
  const bool gated = std::any_of(of.begin(), of.end(), [](const operation& each) {
    return each.what->kind == collection::thread_gate || each.what->kind == collection::post_gate;
  });
  for (const auto& each : of)
    note(who, each, gated);
  if (first || random_.chance(0.05)) {
    const auto again = next_envelope(account);
    sink_(sync_frame(again, made));
    if (model_ != nullptr)
      model_->sync(account.did, again.time);
  }
}

void network::note(std::size_t who, const operation& told, bool gated) {
  auto& account = accounts_[who];
  const auto kind = told.what->kind;
  if (kind == collection::profile) {
    account.profile = told.id;
  } else if (told.action == change::create) {
    std::size_t place = 0;
    if (kind == collection::list)
      account.lists.push_back(ref_to(who, told).uri);
    else if (kind == collection::post)
      place = add_post({ref_to(who, told), told.what->reply_root, gated, true});
    const bool fixed = gated || kind == collection::list || kind == collection::thread_gate ||
                       kind == collection::post_gate;
    if (!fixed)
      account.records.push_back({told.what, told.rkey, told.id, place});
    ++(fixed ? fixed_ : loose_);
  }
}

void network::emit_identity(account& who) {
  const auto envelope = next_envelope(who);
  sink_(identity_frame(envelope, who.handle));
  if (model_ != nullptr)
    model_->identity(who.did, envelope.time, who.handle);
}

void network::emit_account(account& who, std::string_view status) {
  sink_(account_frame(next_envelope(who), status));
  if (model_ == nullptr)
    return;
  if (status == "deleted")
    model_->account_deleted(who.did);
  else
    model_->account_status(who.did,
                           status.empty() ? std::nullopt : std::optional<std::string>{status});
}

envelope network::next_envelope(account& who) {
  ++seq_;
  if (how_.stream.rate > 0)
    now_ = begin_ + seq_ * second / how_.stream.rate;
  else
    now_ += millisecond * static_cast<micros>(2 + random_.below(30));
  if (!who.first_event)
    who.first_event = now_;
  return {seq_, who.did, shown_by(who.clock, now_, *who.first_event, clock_random_.next())};
}

std::string network::next_rkey(std::size_t who) {
  // A millisecond has room for a thousand records.
  return tid_of(now_ + static_cast<micros>(rkeys_++ % 1000), accounts_[who].clock_id).to_string();
}

operation network::created(std::size_t who, record what, std::string rkey) {
  if (rkey.empty())
    rkey = next_rkey(who);
  operation out{
      change::create, std::move(rkey), std::make_shared<const record>(std::move(what)), {}, {}, {}};
  out.block = encode(*out.what);
  out.id = atproto::cid::of_dag_cbor(out.block);
  return out;
}

strong_ref network::ref_to(std::size_t who, const operation& of) const {
  return {uri_of(accounts_[who].did, of.what->kind, of.rkey), of.id.to_string()};
}

} // namespace prism::synth
