#include "core/schedule.hpp"

#include <algorithm>
#include <set>

namespace prism {

expected<schedule> schedule::make(std::vector<scheduled_job> jobs) {
  std::set<std::string_view> names;
  for (const auto& job : jobs) {
    if (job.name.empty() || !names.insert(job.name).second)
      return fail(errc::invalid, "scheduled job '{}': names must be unique and not empty",
                  job.name);
    if (job.interval <= std::chrono::milliseconds{0} || job.first < std::chrono::milliseconds{0})
      return fail(errc::invalid, "job {}: interval {} ms or first run after {} ms is out of range",
                  job.name, job.interval.count(), job.first.count());
    if (!(job.jitter >= 0 && job.jitter <= 1))
      return fail(errc::invalid, "job {}: jitter is {}, but must be in 0..1", job.name, job.jitter);
  }
  return schedule(std::move(jobs));
}

schedule::schedule(std::vector<scheduled_job> jobs) {
  entries_.reserve(jobs.size());
  for (auto& job : jobs)
    entries_.push_back({.job = std::move(job)});
}

std::optional<std::string> schedule::take_due(time_point now) {
  entry* longest = nullptr;
  for (auto& each : entries_)
    if (!each.running && each.next <= now && (longest == nullptr || each.next < longest->next))
      longest = &each;
  if (longest == nullptr)
    return std::nullopt;
  longest->running = true;
  return longest->job.name;
}

bool schedule::set_due(std::string_view name, time_point now) noexcept {
  const auto found = std::ranges::find(
      entries_, name, [](const entry& each) -> const auto& { return each.job.name; });
  if (found == entries_.end() || found->running)
    return false;
  found->next = now;
  return true;
}

std::optional<time_point> schedule::next_of(std::string_view name) const noexcept {
  for (const auto& each : entries_)
    if (each.job.name == name && !each.running)
      return each.next;
  return std::nullopt;
}

expected<void> schedule::finished(std::string_view name, time_point now, double random01) {
  const auto found =
      std::ranges::find_if(entries_, [&](const entry& each) { return each.job.name == name; });
  if (found == entries_.end())
    return fail(errc::not_found, "no scheduled job is named '{}'", name);
  if (!found->running)
    return fail(errc::invalid, "job {} has ended, but was not running", name);
  found->running = false;
  found->next = now + jittered(found->job.interval, found->job.jitter, random01);
  return {};
}

std::optional<time_point> schedule::next() const noexcept {
  std::optional<time_point> earliest;
  for (const auto& each : entries_)
    if (!each.running && (!earliest || each.next < *earliest))
      earliest = each.next;
  return earliest;
}

steady_clock::duration schedule::jittered(std::chrono::milliseconds wait, double jitter,
                                          double random01) noexcept {
  const auto nominal = std::chrono::duration<double, std::milli>(wait);
  const auto random = std::clamp(random01, 0.0, 1.0);
  return std::chrono::duration_cast<steady_clock::duration>(nominal *
                                                            (1.0 - jitter + jitter * random));
}

} // namespace prism
