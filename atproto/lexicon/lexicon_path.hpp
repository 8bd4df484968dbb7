#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace prism::atproto::detail {

/// The path from a record to one of its values: a list from child to parent on the stack of the
/// validator, so that a valid record costs nothing. Keys are views: they and the parents must
/// outlive it.
class json_path {
public:
  /// The record itself.
  json_path() noexcept = default;
  json_path(const json_path& parent, std::string_view key) noexcept : parent_(&parent), key_(key) {}
  json_path(const json_path& parent, std::size_t index) noexcept
      : parent_(&parent), index_(index), is_index_(true) {}

  /// JSONPath, for example `$.embed.images[2].alt`. Keys that are no identifiers are quoted, and
  /// each key is cut after 64 bytes, since it is untrusted.
  [[nodiscard]] std::string to_string() const;

private:
  const json_path* parent_ = nullptr;
  std::string_view key_;
  std::size_t index_ = 0;
  bool is_index_ = false;
};

} // namespace prism::atproto::detail
