#include "actors/identity_requests.hpp"

#include <algorithm>

namespace prism {

namespace {

/// Only the PLC directory is asked about it, and it exists.
[[nodiscard]] bool is_account(const db::wanted_identity& wanted) {
  return wanted.account != 0 && wanted.did.starts_with("did:plc:");
}

} // namespace

std::size_t identity_requests::size_of(const found_entry& entry) {
  return sizeof entry + entry.what->published->size();
}

std::size_t identity_requests::size_of(const failed_entry& entry) {
  return sizeof entry + entry.why.size();
}

template <class Entry>
void identity_requests::memory<Entry>::put(const std::string& did, Entry entry,
                                           std::size_t max_bytes) {
  if (const auto* old = entries.peek(did); old != nullptr && old->place > entry.place)
    return;
  drop(did);
  const auto cost = [](const std::string& key, const Entry& of) {
    return key.size() + size_of(of);
  };
  bytes += cost(did, entry);
  if (const auto evicted = entries.put(did, std::move(entry)))
    bytes -= cost(evicted->key, evicted->value);
  while (bytes > max_bytes && entries.size() > 1)
    drop(std::string{entries.oldest()->key});
}

template <class Entry>
void identity_requests::memory<Entry>::drop(const std::string& did) {
  const auto* entry = entries.peek(did);
  if (entry == nullptr)
    return;
  bytes -= did.size() + size_of(*entry);
  entries.erase(did);
}

std::pair<identity_requests::answer, bool>
identity_requests::recall(const db::wanted_identity& wanted, time_point now) {
  const auto* known = found_.entries.find(wanted.did);
  if (known == nullptr || known->place != wanted.place)
    return {nullptr, true};
  const auto age = std::chrono::duration_cast<std::chrono::microseconds>(now - known->since);
  switch (db::use_of(known->what->published->exists, age.count())) {
  case db::identity_use::give:
    return {known->what, false};
  case db::identity_use::give_once:
    return {known->what, true};
  case db::identity_use::look_up:
    break;
  }
  return {nullptr, true};
}

std::string_view identity_requests::refusal(const db::wanted_identity& wanted, time_point now) {
  const bool account = is_account(wanted);
  if (account ? accounts_ >= options_.accounts : in_flight_.size() - accounts_ >= options_.others)
    return "too many lookups are under way";
  if (!account && !rate_.take(now))
    return "too many lookups of DIDs that are no accounts here";
  return {};
}

identity_requests::decision identity_requests::ask(const db::wanted_identity& wanted,
                                                   std::optional<waiter> who, time_point now) {
  const auto [known, again] = recall(wanted, now);
  if (known && !again)
    return {.found = known, .refused = {}};
  const key of{wanted.did, wanted.place};
  const auto under_way = in_flight_.find(of);
  const bool waits = who && !known;
  if (!waits && under_way != in_flight_.end())
    return {.found = known, .refused = {}};
  if (const auto* failure = failed_.entries.find(wanted.did);
      failure != nullptr && failure->place == wanted.place &&
      now - failure->since < options_.failure_for)
    return {.found = known, .refused = failure->why};
  if (waits && waiting_ >= options_.waiting)
    return {.found = nullptr, .refused = "too many calls wait for lookups"};
  if (under_way == in_flight_.end())
    if (const auto why = refusal(wanted, now); !why.empty())
      return {.found = known, .refused = std::string{why}};
  auto& entry = in_flight_[of];
  const bool begin = under_way == in_flight_.end();
  if (begin) {
    entry.account = is_account(wanted);
    accounts_ += entry.account ? 1 : 0;
  }
  if (waits) {
    entry.waiters.emplace_back(*who, now);
    ++waiting_;
  }
  return {.found = known, .refused = {}, .look_up = begin};
}

std::vector<identity_requests::waiter>
identity_requests::finish(const db::wanted_identity& wanted, const result& what, time_point now) {
  if (what.found) {
    failed_.drop(wanted.did);
    found_.put(wanted.did, {wanted.place, what.found, now}, options_.bytes);
  } else if (!what.held_back) {
    failed_.put(wanted.did, {wanted.place, what.why, now}, options_.bytes);
  }
  std::vector<waiter> out;
  auto ended = in_flight_.extract(key{wanted.did, wanted.place});
  if (ended.empty())
    return out;
  accounts_ -= ended.mapped().account ? 1 : 0;
  for (const auto& [who, since] : ended.mapped().waiters)
    out.push_back(who);
  waiting_ -= out.size();
  return out;
}

std::vector<identity_requests::waiter> identity_requests::expire(time_point now) {
  std::vector<waiter> out;
  for (auto& [of, entry] : in_flight_)
    std::erase_if(entry.waiters, [&](const auto& each) {
      if (now - each.second < options_.patience)
        return false;
      out.push_back(each.first);
      return true;
    });
  waiting_ -= out.size();
  return out;
}

} // namespace prism
