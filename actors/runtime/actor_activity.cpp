#include "actors/runtime/actor_activity.hpp"

#include <algorithm>
#include <boost/core/demangle.hpp>

namespace prism {

namespace {

constexpr auto relaxed = std::memory_order_relaxed;

[[nodiscard]] double to_seconds(std::int64_t nanoseconds) {
  return static_cast<double>(nanoseconds) * 1e-9;
}

/// Only the actor writes, so it need not be one operation.
template <class Number>
void add(std::atomic<Number>& to, Number amount) {
  to.store(to.load(relaxed) + amount, relaxed);
}

} // namespace

std::string message_name(const std::type_info* type) {
  if (type == nullptr)
    return "a message of CAF";
  auto name = boost::core::demangle(type->name());
  return name.starts_with("prism::") ? name.substr(7) : name;
}

void actor_activity::arrived(time_point now) noexcept {
  const auto number = arrived_.fetch_add(1, relaxed);
  arrivals_[number % remembered].store(now.time_since_epoch().count(), relaxed);
}

void actor_activity::begin(const std::type_info* type, time_point now) noexcept {
  add<std::uint64_t>(begun_, 1);
  current_.store(type, relaxed);
  if (type != nullptr)
    last_.store(type, relaxed);
  since_.store(now.time_since_epoch().count(), relaxed);
}

void actor_activity::end(time_point now) noexcept {
  const auto took = now.time_since_epoch().count() - since_.load(relaxed);
  auto& counted = row_of(current_.load(relaxed));
  add<std::uint64_t>(counted.handled, 1);
  add<std::int64_t>(counted.nanoseconds, took);
  counted.longest.store(std::max(counted.longest.load(relaxed), std::int64_t{took}), relaxed);
  const auto place = std::ranges::lower_bound(bounds, to_seconds(took)) - bounds.begin();
  add<std::uint32_t>(counted.classes[static_cast<std::size_t>(place)], 1);
  since_.store(0, relaxed);
}

actor_activity::row& actor_activity::row_of(const std::type_info* type) noexcept {
  static const std::type_info& of_caf = typeid(void);
  const auto* const key = type == nullptr ? &of_caf : type;
  for (auto& each : rows_) {
    const auto* const found = each.type.load(relaxed);
    if (found == nullptr)
      each.type.store(key, relaxed);
    if (found == nullptr || found == key)
      return each;
  }
  return rows_.back();
}

std::string actor_activity::last_message() const {
  const auto* const type = last_.load(relaxed);
  return type == nullptr ? "none" : message_name(type);
}

actor_activity::view actor_activity::read(time_point now) const {
  view out;
  out.handled = begun_.load(relaxed);
  const auto arrived = std::max(arrived_.load(relaxed), out.handled);
  out.waiting = arrived - out.handled;
  if (out.waiting > 0) {
    const auto first = out.waiting > remembered ? arrived - remembered : out.handled;
    const auto at = arrivals_[first % remembered].load(relaxed);
    out.oldest =
        std::max(steady_clock::duration{0}, now.time_since_epoch() - steady_clock::duration{at});
  }
  const auto since = since_.load(relaxed);
  if (since != 0)
    out.handling = now.time_since_epoch() - steady_clock::duration{since};
  if (out.handled > 0)
    out.last_message = message_name(since != 0 ? current_.load(relaxed) : last_.load(relaxed));
  for (const auto& each : rows_) {
    const auto* const type = each.type.load(relaxed);
    if (type == nullptr)
      break;
    message_times times{.type = message_name(*type == typeid(void) ? nullptr : type),
                        .handled = each.handled.load(relaxed),
                        .seconds = to_seconds(each.nanoseconds.load(relaxed)),
                        .max = to_seconds(each.longest.load(relaxed))};
    std::uint64_t counted = 0;
    times.p99 = times.max;
    for (std::size_t i = 0; i < bounds.size(); ++i) {
      counted += each.classes[i].load(relaxed);
      if (counted * 100 >= times.handled * 99) {
        times.p99 = std::min(bounds[i], times.max);
        break;
      }
    }
    out.types.push_back(std::move(times));
  }
  std::ranges::sort(out.types, std::greater{}, &message_times::seconds);
  return out;
}

} // namespace prism
