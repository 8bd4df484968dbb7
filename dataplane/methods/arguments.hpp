#pragma once

#include "dataplane/call.hpp"
#include "db/reads/uri_args.hpp"

#include <cstddef>
#include <fmt/format.h>
#include <string_view>
#include <vector>

namespace prism::dataplane {

/// @returns `invalid_argument` if there are more than `reads::max_arguments`
template <class Repeated>
[[nodiscard]] answer<void> few_enough(const Repeated& all) {
  const auto count = static_cast<std::size_t>(all.size());
  if (count > reads::max_arguments)
    return invalid(
        fmt::format("{} arguments; at most {} are answered", count, reads::max_arguments));
  return {};
}

/// @param entries_of gives the number of entries of a result
/// @returns `too_many` if the results have more than `limit` together
template <class Results, class Projection>
[[nodiscard]] answer<void> few_in_all(const Results& all, std::size_t limit,
                                      Projection entries_of) {
  std::size_t count = 0;
  for (const auto& each : all)
    count += entries_of(each);
  if (count > limit)
    return too_many(limit);
  return {};
}

/// A list of arguments as views, one for each, which are valid as long as the request.
/// @param text_of gives the text of an element
/// @returns `invalid_argument` if there are more than `reads::max_arguments`
template <class Repeated, class Projection>
[[nodiscard]] answer<std::vector<std::string_view>> arguments(const Repeated& all,
                                                              Projection text_of) {
  if (auto few = few_enough(all); !few)
    return tl::unexpected(std::move(few.error()));
  std::vector<std::string_view> out;
  out.reserve(static_cast<std::size_t>(all.size()));
  for (const auto& each : all)
    out.push_back(text_of(each));
  return out;
}

/// A DID or handle, which statements take as it is: one with a NUL, which nobody has, becomes
/// empty.
[[nodiscard]] inline std::string_view without_nul(const std::string& name) noexcept {
  return name.find('\0') == std::string::npos ? std::string_view{name} : std::string_view{};
}

/// `arguments` of DIDs or handles, each `without_nul`.
template <class Repeated>
[[nodiscard]] answer<std::vector<std::string_view>> names(const Repeated& all) {
  return arguments(all, without_nul);
}

/// The uris of a list of references.
template <class Refs>
[[nodiscard]] answer<std::vector<std::string_view>> uris_of(const Refs& refs) {
  return arguments(refs, [](const auto& ref) { return std::string_view{ref.uri()}; });
}

} // namespace prism::dataplane
