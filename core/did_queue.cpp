#include "core/did_queue.hpp"

#include <algorithm>
#include <iterator>

namespace prism {

did_queue::request_id did_queue::add(const std::vector<std::string>& dids, ids known,
                                     time_point now) {
  const auto id = ++last_request_;
  std::size_t missing = 0;
  for (std::size_t i = 0; i < dids.size(); ++i) {
    if (known[i] != unknown_id)
      continue;
    ++missing;
    const auto [entry, is_new] = waiters_by_did_.try_emplace(dids[i]);
    if (is_new)
      queue_.push_back(dids[i]);
    entry->second.emplace_back(id, i);
  }
  requests_.emplace(id, request{std::move(known), missing, now});
  return id;
}

std::optional<did_queue::batch> did_queue::next_batch(time_point now) {
  if (queue_.empty() || batches_.size() >= limits_.max_batches)
    return std::nullopt;
  const auto end =
      queue_.begin() + static_cast<std::ptrdiff_t>(std::min(queue_.size(), size_.max_units()));
  std::vector<std::string> dids(std::make_move_iterator(queue_.begin()),
                                std::make_move_iterator(end));
  queue_.erase(queue_.begin(), end);
  const auto id = ++last_batch_;
  batches_.emplace(id, batch_at_work{dids, now});
  return batch{id, std::move(dids)};
}

std::vector<did_queue::answer> did_queue::committed(batch_id id, const ids& ids, time_point now) {
  std::vector<answer> out;
  const auto done = batches_.extract(id);
  if (done.empty())
    return out;
  const auto& dids = done.mapped().dids;
  size_.committed(dids.size() >= size_.max_units(), now - done.mapped().since);
  for (std::size_t i = 0; i < dids.size(); ++i) {
    const auto waiting = waiters_by_did_.extract(dids[i]);
    if (waiting.empty())
      continue;
    for (const auto& [waiter, place] : waiting.mapped()) {
      const auto found = requests_.find(waiter);
      if (found == requests_.end())
        continue;
      found->second.ids[place] = ids[i];
      if (--found->second.missing > 0)
        continue;
      out.push_back({waiter, std::move(found->second.ids)});
      requests_.erase(found);
    }
  }
  return out;
}

did_queue::failed_batch did_queue::failed(batch_id id, failure reason) {
  failed_batch out;
  const auto done = batches_.extract(id);
  if (done.empty())
    return out;
  const auto& dids = done.mapped().dids;
  out.dids = dids.size();
  const bool bisect = reason == failure::rejected && dids.size() > 1;
  if (bisect || reason == failure::too_large)
    size_.failed(dids.size());
  if (bisect) {
    // Only the requests for the DID at fault may fail, so it has to be found.
    queue_.insert(queue_.begin(), dids.begin(), dids.end());
    out.next_size = size_.max_units();
    return out;
  }
  for (const auto& did : dids) {
    const auto waiting = waiters_by_did_.extract(did);
    if (waiting.empty())
      continue;
    for (const auto& [waiter, place] : waiting.mapped())
      if (requests_.erase(waiter) > 0)
        out.failed.push_back(waiter);
  }
  return out;
}

// All have the same time limit, so the oldest expires first.
std::vector<did_queue::expired_request> did_queue::expire(time_point now) {
  std::vector<expired_request> out;
  while (!requests_.empty() && now - requests_.begin()->second.since >= limits_.request_timeout) {
    const auto& [id, late] = *requests_.begin();
    out.push_back({id, late.ids.size(), late.missing});
    requests_.erase(requests_.begin());
  }
  if (!out.empty())
    for (auto& [did, waiting] : waiters_by_did_)
      std::erase_if(waiting, [this](const auto& each) { return !requests_.contains(each.first); });
  return out;
}

steady_clock::duration did_queue::longest_wait(time_point now) const {
  return requests_.empty() ? steady_clock::duration::zero() : now - requests_.begin()->second.since;
}

} // namespace prism
