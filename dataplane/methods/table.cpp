#include "dataplane/methods/table.hpp"

#include "dataplane/methods/groups.hpp"

#include <algorithm>
#include <vector>

namespace prism::dataplane {

namespace {

[[nodiscard]] std::vector<method> collect() {
  std::vector<method> out;
  for (const auto& group :
       {empty_methods(), record_methods(), actor_methods(), count_methods(), relation_methods(),
        people_methods(), list_methods(), feed_methods(), thread_methods(), notification_methods(),
        identity_methods(), suggestion_methods()})
    out.insert(out.end(), group.begin(), group.end());
  std::ranges::sort(out, {}, &method::name);
  return out;
}

} // namespace

std::span<const method> all_methods() {
  static const auto methods = collect();
  return methods;
}

const method* find_method(std::string_view name) {
  const auto methods = all_methods();
  const auto found = std::ranges::lower_bound(methods, name, {}, &method::name);
  return found != methods.end() && found->name == name ? &*found : nullptr;
}

} // namespace prism::dataplane
