#include "actors/identity.hpp"
#include "log/line_limit.hpp"
#include "log/log.hpp"

/// Lookups that calls of the data plane ask for.
namespace prism {

namespace {

/// Documents that wait to be stored.
constexpr std::size_t max_documents = 2'000;

} // namespace

caf::result<identity_resolved> identity_state::resolve(const resolve_identity& request) {
  if (!resolver_ || stopping_ || node_->paused.paused(name, steady_clock::now())) {
    metrics_.demands.of("refused").Increment();
    return identity_resolved{nullptr, resolver_ ? "identity takes up no work now"
                                                : "identity-lookups is off"};
  }
  const auto who = request.waits ? std::optional{++last_waiter_} : std::nullopt;
  const auto decided = requests_.ask(*request.what, who, steady_clock::now());
  if (decided.look_up)
    resolver_->find_document(
        request.what->did, [what = request.what, to = caf::actor_cast<identity_actor>(self_)](
                               net::document_answer answer) {
          caf::anon_send(to, document_looked_up{what, std::move(answer.document), answer.held_back,
                                                std::move(answer.why)});
        });
  if (!who) {
    if (decided.look_up)
      metrics_.demands.of("refreshed").Increment();
    return identity_resolved{decided.found, decided.refused};
  }
  if (decided.found) {
    metrics_.demands.of("remembered").Increment();
    return identity_resolved{decided.found, {}};
  }
  if (!decided.refused.empty()) {
    metrics_.demands.of("refused").Increment();
    return identity_resolved{nullptr, decided.refused};
  }
  return answers_.emplace(*who, self_->make_response_promise<identity_resolved>()).first->second;
}

void identity_state::on_document(const document_looked_up& found) {
  identity_requests::result result{nullptr, found.held_back, found.why};
  if (found.document)
    result.found = std::make_shared<const db::known_identity>(
        db::known_identity{found.document, found.what->asked_at});
  const auto waiters = requests_.finish(*found.what, result, steady_clock::now());
  const auto* label = !found.document ? "failed" : found.document->exists ? "found" : "absent";
  metrics_.demands.of(label).Increment(static_cast<double>(waiters.size()));
  if (!found.document && !found.held_back)
    if (const auto left_out = demand_failures_.allow(0, steady_clock::now()))
      log::identity().info(
          "identity: no server answered for {}, which a call of the data plane needs: {}; the call "
          "is UNAVAILABLE{}",
          found.what->did, found.why, log::left_out_note(*left_out));
  for (const auto who : waiters)
    deliver(who, {result.found, result.why});
  if (!found.document)
    return;
  metrics_.left_out->Increment(static_cast<double>(found.document->left_out));
  if (found.what->account != 0 && !stopping_) {
    keep(*found.what, found.document);
    store();
  }
}

void identity_state::expire_requests() {
  for (const auto who : requests_.expire(steady_clock::now())) {
    metrics_.demands.of("expired").Increment();
    deliver(who, {nullptr, "the lookup takes too long"});
  }
}

void identity_state::keep(db::wanted_identity asked,
                          std::shared_ptr<const atproto::published_identity> published) {
  // The account is looked up again when a call needs its document.
  if (documents_.size() >= max_documents)
    return metrics_.not_stored->Increment();
  documents_.push_back({std::move(asked), std::move(published)});
}

void identity_state::deliver(identity_requests::waiter to, const identity_resolved& answer) {
  if (auto promised = answers_.extract(to); !promised.empty())
    promised.mapped().deliver(answer);
}

void identity_state::show_requests() {
  metrics_.demands_waiting->Set(static_cast<double>(requests_.waiting()));
  metrics_.demands_in_flight->Set(static_cast<double>(requests_.in_flight()));
}

} // namespace prism
